"""Scenario files and what is said about faulty ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.softphone.errors import ScenarioInvalid
from ivr.softphone.scenario import Behind, ExpectTranscript, Press, Say, Silence, WaitPrompt
from ivr.softphone.scenario_reader import DEMONSTRATION, SHIPPED_DIR, read_scenario, shipped_scenario

HEAD = 'name: one\ncaller_number: "+79160000001"\nsteps:\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "one.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(SHIPPED_DIR.glob("*.yml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_sound_and_named_for_its_file(path: Path) -> None:
    assert read_scenario(path).name == path.stem


def test_the_demonstrations_are_shipped() -> None:
    for name in DEMONSTRATION:
        assert shipped_scenario(name).exists()


def test_steps_have_a_short_and_a_long_form(tmp_path: Path) -> None:
    text = HEAD + (
        "  - wait_prompt\n  - wait_prompt: 5\n  - say: да\n  - say: {wav: x.wav}\n"
        '  - press: "1#"\n  - silence: 2.5\n  - expect_transcript: баллов\n  - expect_transcript: [раз, "два|три"]\n'
    )
    assert read_scenario(write(tmp_path, text)).steps == (
        WaitPrompt(step="wait_prompt"),
        WaitPrompt(step="wait_prompt", limit_seconds=5),
        Say(step="say", text="да"),
        Say(step="say", wav=Path("x.wav")),
        Press(step="press", keys="1#"),
        Silence(step="silence", seconds=2.5),
        ExpectTranscript(step="expect_transcript", phrases=("баллов",)),
        ExpectTranscript(step="expect_transcript", phrases=("раз", "два|три")),
    )


def test_others_may_talk_behind_the_caller(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, HEAD + "  - hang_up\nbehind: {below_db: 20}\n"))
    assert scenario.behind == Behind(people=5, below_db=20)


def test_a_step_knows_its_line(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, HEAD + "  - wait_prompt\n\n  - hang_up\n"))
    assert scenario.where(1) == "step 2 (hang_up, line 6)"


@pytest.mark.parametrize(
    ("steps", "line", "words"),
    [
        ("  - wait_prompt\n  - sing: песню\n", 5, "no step 'sing'"),
        ("  - say: {text: да, wav: x.wav}\n", 4, "either a text or a wav"),
        ("  - press: 12\n", 4, "valid string"),
        ('  - press: "1z"\n', 4, "keys"),
        ("  - silence\n", 4, "seconds"),
        ("  - hang_up: now\n", 4, "takes no value"),
        ("  - wait_prompt: {limit: 3}\n", 4, "limit"),
        ("  - wait_prompt:\n      silence_seconds: 1\n      limit_seconds: -2\n", 6, "greater than 0"),
        ("  - wait_agent\n", 1, "needs an `agent:` block"),
        ("  - [say, да]\n", 4, "a step is a name"),
        ("  - say: 'да\n", 5, "not YAML"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, steps: str, line: int, words: str) -> None:
    path = write(tmp_path, HEAD + steps)
    with pytest.raises(ScenarioInvalid) as fault:
        read_scenario(path)
    assert f"{path}:{line}: " in str(fault.value)
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("- say: да\n", 1, "a scenario is a mapping"),
        ('name: "Два слова"\ncaller_number: "+7"\nsteps: [hang_up]\n', 1, "name"),
        ("name: one\ncaller_number: секрет\nsteps: [hang_up]\n", 2, "caller_number"),
        ('name: one\ncaller_number: "+7"\nsteps: []\n', 3, "at least 1"),
        ('name: one\ncaller_number: "+7"\nvoice: {name: en}\nsteps: [hang_up]\n', 3, "Russian voice"),
        ('name: one\ncaller_number: "+7"\nsteps: [hang_up]\nagent: {expect_headers: {X: "["}}\n', 4, "expression"),
        ('name: one\ncaller_number: "+7"\nsteps: [hang_up]\nspeed: 3\n', 4, "speed"),
        ('name: one\ncaller_number: "+7"\nsteps: [hang_up]\nbehind: {people: 99}\n', 4, "behind.people"),
    ],
)
def test_a_fault_of_the_whole_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ScenarioInvalid) as fault:
        read_scenario(path)
    assert f"{path}:{line}: " in str(fault.value)
    assert words in str(fault.value)


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid) as fault:
        read_scenario(write(tmp_path, HEAD + '  - press: "x"\n  - silence: -1\n'))
    assert len(str(fault.value).splitlines()) == 2


def test_a_missing_file_and_an_unknown_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match="cannot be read"):
        read_scenario(tmp_path / "gone.yml")
    with pytest.raises(ScenarioInvalid, match=r"one of .*balance"):
        shipped_scenario("gone")
