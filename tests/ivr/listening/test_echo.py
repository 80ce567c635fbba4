from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from asr_models.speech_gate import SpeechGate
from asr_models.voice_activity import level_db
from ivr.listening.echo import EchoEstimator
from tests.asr_models.speech_samples import FRAME_BYTES, mixed, noise, silence, spoken
from tests.ivr.listening.echo_path import PROMPT, echo_of, hybrid, in_frames, speakerphone

Path = Callable[[int, float], npt.NDArray[np.float64]]

LINE_NOISE = noise(30, level_db=-62)
LEARNED_FRAMES = 80
"""Of the first prompt: after so many the echo must be known."""


def opened_at(echo: EchoEstimator, received: bytes, sent: bytes) -> list[int]:
    """Return the frames at which the gate opens."""
    gate = SpeechGate()
    opened = []
    for number, (frame, played) in enumerate(zip(in_frames(received), in_frames(sent), strict=True)):
        was_open = gate.is_open
        gate.take(frame, floor_db=echo.expect(frame, played))
        if gate.is_open and not was_open:
            opened.append(number)
    return opened


def learned(path: npt.NDArray[np.float64] | None) -> EchoEstimator:
    """Return an estimator that has heard the prompt twice."""
    echo = EchoEstimator()
    back = echo_of(PROMPT, path) if path is not None else silence(30)[: len(PROMPT)]
    for _ in range(2):
        opened_at(echo, mixed(back, LINE_NOISE), PROMPT)
    return echo


@pytest.mark.parametrize("path", [hybrid, speakerphone])
@pytest.mark.parametrize("loss_db", [12, 18, 25, 40])
@pytest.mark.parametrize("delay_ms", [20, 100, 300])
def test_an_echo_is_not_speech_once_it_is_known(path: Path, loss_db: float, delay_ms: int) -> None:
    echo = EchoEstimator()
    received = mixed(echo_of(PROMPT, path(delay_ms, loss_db)), LINE_NOISE)

    first, second = opened_at(echo, received, PROMPT), opened_at(echo, received, PROMPT)

    assert [number for number in first if number >= LEARNED_FRAMES] == []
    assert second == []


@pytest.mark.parametrize("path", [hybrid, speakerphone])
def test_an_echo_that_is_not_expected_is_taken_for_speech(path: Path) -> None:
    """What the other tests rely on: the gate alone does not help."""
    received = mixed(echo_of(PROMPT, path(100, 18)), LINE_NOISE)

    assert opened_at(EchoEstimator(), received, silence(30)[: len(received)]) != []


@pytest.mark.parametrize("delay_ms", [20, 100, 200, 300])
def test_delay_and_loss_are_found(delay_ms: int) -> None:
    echo = learned(speakerphone(delay_ms, 18))

    assert echo.delay_frames * 20 == pytest.approx(delay_ms + 20, abs=25)  # its tail weighs as well
    assert echo.coupling_db == pytest.approx(-16, abs=5)


@pytest.mark.parametrize("path", [hybrid, speakerphone])
@pytest.mark.parametrize("loss_db", [15, 25])
@pytest.mark.parametrize("word", ["баланс", "оператор", "заблокировать карту"])
def test_words_over_the_echo_are_heard(path: Path, loss_db: float, word: str) -> None:
    echo = learned(path(100, loss_db))
    begin = 320 * 60
    speech = (silence(30)[:begin] + spoken(word, level_db=-20) + silence(30))[: len(PROMPT)]
    back = mixed(echo_of(PROMPT, path(100, loss_db)), LINE_NOISE)

    opened = opened_at(echo, mixed(back, speech), PROMPT)

    assert opened, "not heard at all"
    assert 0 <= opened[0] - begin // FRAME_BYTES < 20


def test_without_an_echo_a_soft_voice_is_heard_over_the_prompt() -> None:
    echo = learned(None)
    speech = (silence(1.2) + spoken("баланс", level_db=-38) + silence(30))[: len(PROMPT)]

    assert opened_at(echo, mixed(LINE_NOISE, speech), PROMPT) != []


@pytest.mark.parametrize("level_db", [-50, -40, -34])
def test_noise_is_not_taken_for_an_echo(level_db: float) -> None:
    echo = EchoEstimator()
    street = noise(30, level_db=level_db, seed=3)
    for _ in range(2):
        opened_at(echo, street[: len(PROMPT)], PROMPT)
    speech = (silence(1.2) + spoken("баланс", level_db=level_db + 15) + silence(30))[: len(PROMPT)]

    assert not echo.is_there
    assert opened_at(echo, mixed(street, speech), PROMPT) != []


def test_a_caller_who_talks_into_a_prompt_is_not_taken_for_its_echo() -> None:
    echo = learned(None)
    talk = (silence(1.0) + spoken("подождите, я сейчас", level_db=-24) + silence(30))[: len(PROMPT)]

    opened_at(echo, mixed(LINE_NOISE, talk), PROMPT)

    assert echo.coupling_db < -15


def test_a_speakerphone_switched_on_in_the_call_is_learned() -> None:
    echo = learned(None)
    received = mixed(echo_of(PROMPT, speakerphone(100, 15)), LINE_NOISE)

    opened_at(echo, received, PROMPT)

    assert opened_at(echo, received, PROMPT) == []


def test_frames_that_come_in_bursts_change_nothing() -> None:
    path = speakerphone(100, 15)
    received, sent = in_frames(mixed(echo_of(PROMPT, path), LINE_NOISE)), in_frames(PROMPT)
    echo = learned(path)
    gate = SpeechGate()

    for number in range(1, len(received), 2):  # two frames at once, with all that was sent before them
        for frame, played in ((received[number - 1], b"".join(sent[number - 1 : number + 1])), (received[number], b"")):
            gate.take(frame, floor_db=echo.expect(frame, played))
            assert not gate.is_open


def test_after_the_prompt_nothing_is_expected_any_more() -> None:
    echo = learned(speakerphone(100, 15))
    loud = in_frames(noise(1.0, level_db=-20))
    expected: Sequence[float] = [echo.expect(frame, bytes(FRAME_BYTES)) for frame in loud]

    assert max(expected[-5:]) < level_db(loud[0]) - 30


def test_the_frames_of_a_silent_call_are_no_work() -> None:
    echo = EchoEstimator()

    assert {echo.expect(bytes(FRAME_BYTES), bytes(FRAME_BYTES)) for _ in range(100)} == {-96.0}
