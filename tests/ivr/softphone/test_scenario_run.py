"""Scenarios played on a real Asterisk that plays two prompts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from ivr.softphone.errors import NobodyListens, ScenarioInvalid
from ivr.softphone.phone import SoftPhones
from ivr.softphone.recording import read_stereo_wav
from ivr.softphone.scenario import Scenario
from ivr.softphone.scenario_reader import read_scenario
from ivr.softphone.scenario_report import StoryLine, Who
from ivr.softphone.scenario_run import Stage, run_scenario
from tests.ivr.softphone.scratch_asterisk import AGENT_PASSWORD, PROMPTS, ScratchAsterisk

pytestmark = pytest.mark.call


@pytest.fixture
async def recogniser() -> AsyncIterator[VoskRecogniser]:
    loaded = VoskRecogniser(HearingSettings(min_word_confidence=0.0))
    yield loaded
    await loaded.close()


@pytest.fixture
def stage(phones: SoftPhones, asterisk: ScratchAsterisk, recogniser: VoskRecogniser, tmp_path: Path) -> Stage:
    return Stage(
        phones,
        server=asterisk.server,
        number="620",
        recogniser=recogniser,
        sentences=tuple(PROMPTS.values()),
        record_dir=tmp_path / "recordings",
        agent_password=lambda user: AGENT_PASSWORD,
    )


def scenario_of(folder: Path, steps: str, rest: str = "") -> Scenario:
    path = folder / "one.yml"
    path.write_text(f'name: one\ncaller_number: "+79160000001"\nsteps:\n{steps}{rest}', encoding="utf-8")
    return read_scenario(path)


async def test_a_whole_conversation_is_played_checked_and_recorded(stage: Stage, tmp_path: Path) -> None:
    lines: list[StoryLine] = []
    stage = Stage(stage.phones, stage.server, stage.number, stage.recogniser, stage.sentences, stage.record_dir,
                  on_line=lines.append)  # fmt: skip
    steps = (
        "  - wait_prompt\n  - say: баланс\n  - press: '1'\n  - wait_prompt: {silence_seconds: 0.5}\n"
        "  - expect_transcript: [здравствуйте, две тысячи пятьсот баллов]\n"
        "  - expect_not_heard: оператор\n  - expect_ended: them\n"
    )
    report = await run_scenario(scenario_of(tmp_path, steps), stage)
    assert report.failures == () and report.ok
    assert report.ended_by == "them"
    assert report.answer_seconds is not None and report.first_sound_seconds is not None
    assert 0 < report.answer_seconds < report.first_sound_seconds
    assert len(report.response_gaps_seconds) == 1  # after the key; the word got no answer of its own
    assert [line.text for line in report.story if line.who is Who.CALLER and line.text.startswith("«")] == ["«баланс»"]
    assert {line.text for line in lines} == {line.text for line in report.story}
    assert report.recording is not None
    left, right = read_stereo_wav(report.recording)
    assert abs(left.size / 8000 - report.talk_seconds) < 0.1
    assert max(abs(left)) > 3000 and max(abs(right)) > 3000
    assert json.loads(json.dumps(report.as_json(), ensure_ascii=False))["ok"] is True


async def test_what_was_not_said_fails_with_its_line_and_with_what_was(stage: Stage, tmp_path: Path) -> None:
    steps = "  - wait_prompt\n  - press: '1'\n  - expect_transcript: {phrases: три балла, limit_seconds: 6}\n"
    report = await run_scenario(scenario_of(tmp_path, steps), stage)
    assert not report.ok
    (failure,) = report.failures
    assert failure.startswith("step 3 (expect_transcript, line 6): not heard: «три балла»")
    assert "две тысячи пятьсот" in failure
    assert report.ended_by == "them" or report.ended_by == "us"


async def test_without_a_recogniser_the_words_stay_unchecked_and_the_report_says_so(
    stage: Stage, tmp_path: Path
) -> None:
    deaf = Stage(stage.phones, stage.server, stage.number)
    steps = "  - wait_prompt\n  - expect_transcript: баллов\n  - hang_up\n"
    report = await run_scenario(scenario_of(tmp_path, steps), deaf)
    assert report.ok
    assert report.unchecked == ("expect_transcript: баллов",)
    assert report.transcript is None and report.recording is None


async def test_an_agent_takes_part_and_checks_the_headers(stage: Stage, tmp_path: Path) -> None:
    agent = (
        "number: '621'\nagent:\n  answer_after_seconds: 0.2\n  says: слушаю\n  talk_seconds: 0.2\n"
        "  expect_headers: {X-Yulia-Context: ctx-7916, User-to-User: encoding=hex}\n"
    )
    steps = "  - wait_prompt: {silence_seconds: 0.4}\n  - wait_agent: 10\n  - wait_sound\n  - expect_ended: them\n"
    report = await run_scenario(scenario_of(tmp_path, steps, agent), stage)
    assert report.failures == ()
    assert "X-Yulia-Context: ctx-79160000001" in [line.text for line in report.story if line.who is Who.AGENT]


async def test_an_agent_without_the_context_fails_the_scenario(stage: Stage, tmp_path: Path) -> None:
    agent = (
        "number: '610'\nagent: {answer_after_seconds: 0, talk_seconds: 0, expect_headers: {X-Yulia-Context: other}}\n"
    )
    report = await run_scenario(scenario_of(tmp_path, "  - expect_ended: {limit_seconds: 10}\n", agent), stage)
    assert any("does not match 'other'" in failure for failure in report.failures)


async def test_an_agent_who_is_never_rung_fails_the_step_that_waits(stage: Stage, tmp_path: Path) -> None:
    report = await run_scenario(
        scenario_of(tmp_path, "  - wait_agent: 0.3\n", "number: '607'\nagent: {user: agent1}\n"), stage
    )
    assert report.failures == ("step 1 (wait_agent, line 4): no agent answered within 0.3 s",)
    assert report.ended_by == "us"


async def test_a_refused_call_is_a_failure_and_no_crash(stage: Stage, tmp_path: Path) -> None:
    report = await run_scenario(scenario_of(tmp_path, "  - wait_prompt\n", "number: '606'\n"), stage)
    assert not report.ok and "486" in report.failures[0]
    assert report.recording is None


async def test_a_missing_server_is_no_report(stage: Stage, tmp_path: Path) -> None:
    nowhere = Stage(stage.phones, "127.0.0.1:9", "620")
    with pytest.raises(NobodyListens):
        await run_scenario(scenario_of(tmp_path, "  - hang_up\n"), nowhere)


async def test_an_agent_without_a_password_is_told(stage: Stage, tmp_path: Path) -> None:
    nameless = Stage(stage.phones, stage.server, "620")
    with pytest.raises(ScenarioInvalid, match="password of agent1"):
        await run_scenario(scenario_of(tmp_path, "  - hang_up\n", "agent: {user: agent1}\n"), nameless)
