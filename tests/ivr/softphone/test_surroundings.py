from __future__ import annotations

import pytest

from ivr.softphone.caller_voice import EspeakCaller
from ivr.softphone.frames import FRAME_BYTES, level_dbfs
from ivr.softphone.surroundings import CALLER_DBFS, MOST_PEOPLE, crowd


@pytest.mark.parametrize("people", [1, 5, MOST_PEOPLE])
async def test_a_crowd_is_as_much_quieter_than_the_caller_as_asked(people: int) -> None:
    caller = await EspeakCaller().speech("я хочу узнать сколько у меня баллов на карте")
    frames = [caller[at : at + FRAME_BYTES] for at in range(0, len(caller), FRAME_BYTES)]
    speech = b"".join(frame for frame in frames if level_dbfs(frame) > -35)
    talk = await crowd(people, CALLER_DBFS - 14)
    assert level_dbfs(talk) == pytest.approx(level_dbfs(speech) - 14, abs=1.5)


async def test_many_people_leave_no_silence() -> None:
    talk = await crowd(5, level_dbfs=-30)
    levels = [level_dbfs(talk[at : at + 8 * FRAME_BYTES]) for at in range(0, len(talk), 8 * FRAME_BYTES)]
    assert min(levels) > level_dbfs(talk) - 15
