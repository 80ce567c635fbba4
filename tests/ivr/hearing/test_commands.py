from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from asr_models.settings import BUNDLED_MODEL_DIR
from ivr.hearing.commands import hear as hear_command
from tests.asr_models.speech_samples import mixed, noise, silence, spoken
from tests.asr_models.test_recording import pcm_wav, wav

app = typer.Typer()
app.command()(hear_command)

Write = Callable[[str, bytes], Path]


@pytest.fixture(autouse=True)
def clean_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Choose no models, give a busy machine time, and leave the logs as they were."""
    monkeypatch.setenv("YULIA_LINE__STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("YULIA_HEARING__SERVER_CONNECT_LIMIT_SECONDS", "20")
    monkeypatch.setenv("YULIA_HEARING__FINAL_LIMIT_SECONDS", "20")
    yield
    structlog.reset_defaults()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return lambda name, audio: pcm_wav(tmp_path / f"{name}.wav", audio)


def utterance(text: str) -> bytes:
    return silence(0.3) + spoken(text) + silence(0.3)


def dictated(*groups: str, pause_seconds: float = 1.0) -> bytes:
    return silence(0.5) + b"".join(spoken(group) + silence(pause_seconds) for group in groups)


def hear(*arguments: object, expect: int = 0) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == expect, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_recording_is_heard_freely_and_whole(write: Write) -> None:
    audio = utterance("проверить баланс") + silence(3) + utterance("оператор")
    file = write("a", audio)

    (heard,) = hear(file)

    assert heard["file"] == str(file)
    assert heard["text"] == "проверить баланс оператор"
    assert heard["seconds"] == pytest.approx(len(audio) / 16000, abs=0.01)
    assert 0.5 < heard["confidence"] <= 1
    assert heard["digits"] is heard["answered_seconds"] is None
    assert heard["alternatives"] == []


def test_a_phrase_list_bounds_what_is_heard(tmp_path: Path, write: Write) -> None:
    phrases = tmp_path / "yes_no.txt"
    phrases.write_text("# answers\nда\n\nнет\n", encoding="utf-8")
    yes, other = write("yes", utterance("да")), write("other", utterance("синхрофазотрон перегревается"))

    assert [heard["text"] for heard in hear("--phrases", phrases, yes, other)] == ["да", "[unk]"]


def test_yes_is_taken_as_the_line_takes_it(write: Write) -> None:
    (heard,) = hear("--question", "yes_no", write("yes", utterance("да") + silence(2) + utterance("нет")))

    assert heard["text"] == "да"
    assert heard["answered_seconds"] < 1.5


def test_a_card_number_dictated_in_groups_is_put_together(write: Write) -> None:
    groups = ("семьдесят семь восемьдесят девять", "двенадцать двенадцать", "сорок сорок", "тридцать три тридцать три")

    (heard,) = hear("--question", "card", write("card", dictated(*groups, pause_seconds=1.5)))

    assert heard["digits"] == "7789121240403333"
    assert heard["answered_seconds"] is not None


def test_digits_of_no_rule_are_heard_with_other_readings(write: Write) -> None:
    noisy = mixed(dictated("пять восемь три семь") + silence(4), noise(20, level_db=-23))

    (heard,) = hear("--question", "digits", write("digits", noisy))

    assert heard["digits"]
    assert heard["alternatives"]
    assert heard["text"] not in heard["alternatives"]


def test_a_phone_number_and_a_date_keep_their_rules(write: Write) -> None:
    phone = write("phone", dictated("девятьсот шестнадцать", "сто двадцать три", "сорок пять", "шестьдесят семь"))
    date = write("date", dictated("двенадцать ноль пять тысяча девятьсот восемьдесят пять"))

    assert hear("--question", "phone", phone)[0]["digits"] == "9161234567"
    assert hear("--question", "date", date)[0]["digits"] == "12051985"


def test_several_digits_alike_and_a_country_code_are_heard_in_a_phone_number(write: Write) -> None:
    phone = write("phone", dictated("плюс семь девятьсот шестнадцать", "два нуля три", "сорок пять", "две семёрки"))

    assert hear("--question", "phone", phone)[0]["digits"] == "79160034577"


def test_an_open_question_is_answered_by_any_words(write: Write) -> None:
    (heard,) = hear("--question", "open", write("open", utterance("сколько у меня баллов") + silence(2)))

    assert "баллов" in heard["text"]
    assert heard["answered_seconds"]


@pytest.mark.parametrize("question", ["yes_no", "digits", "card", "phone", "date", "open"])
def test_silence_and_noise_answer_no_question(write: Write, question: str) -> None:
    quiet, hum = write("quiet", silence(2)), write("hum", noise(2, level_db=-50))

    for heard in hear("--question", question, quiet, hum):
        assert (heard["text"], heard["digits"], heard["confidence"]) == ("", None, 0)


def test_an_answer_after_a_long_silence_is_still_heard(write: Write) -> None:
    (heard,) = hear("--question", "yes_no", write("late", silence(12) + utterance("нет")))

    assert heard["text"] == "нет"


def test_one_channel_is_heard(tmp_path: Path) -> None:
    yes, no = utterance("да"), utterance("нет")
    size = min(len(yes), len(no))
    both = bytes(byte for place in range(0, size, 2) for byte in (*yes[place : place + 2], *no[place : place + 2]))
    file = wav(tmp_path / "both.wav", both, tag=1, bits=16, channels=2)

    texts = [hear("--question", "yes_no", "--channel", channel, file)[0]["text"] for channel in (1, 2)]

    assert texts == ["да", "нет"]


def test_an_unreadable_file_is_told_and_the_others_are_heard(tmp_path: Path, write: Write) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound", encoding="utf-8")

    first, missing, last = hear(text, tmp_path / "missing.wav", write("sound", utterance("баланс")), expect=1)

    assert "text.wav" in first["error"]
    assert "missing.wav" in missing["error"]
    assert last["text"] == "баланс"
    assert "error" not in last


def test_an_empty_recording_says_nothing(write: Write) -> None:
    assert hear(write("empty", silence(0.02)))[0]["text"] == ""


def test_without_json_people_can_read_it(write: Write) -> None:
    result = CliRunner().invoke(app, ["--question", "phone", str(write("a", dictated("девятьсот шестнадцать")))])

    assert "девятьсот шестнадцать" in result.stdout


def test_another_model_can_be_tried_and_a_bad_one_is_told(tmp_path: Path, write: Write) -> None:
    file = write("a", utterance("баланс"))

    assert hear("--model", BUNDLED_MODEL_DIR, file)[0]["text"] == "баланс"
    result = CliRunner().invoke(app, ["--model", str(tmp_path), str(file)])
    assert result.exit_code == 2
    assert "final.mdl" in result.output


def test_the_lines_own_settings_are_followed(
    write: Write, monkeypatch: pytest.MonkeyPatch, vosk_server_url: str
) -> None:
    monkeypatch.setenv("YULIA_HEARING__ENGINE", "vosk-server")
    monkeypatch.setenv("YULIA_HEARING__SERVER_URL", vosk_server_url)
    file = write("yes", utterance("да"))

    assert hear("--question", "yes_no", file)[0]["text"] == "да"

    monkeypatch.setenv("YULIA_HEARING__SERVER_URL", "ws://127.0.0.1:9")
    (failed,) = hear("--question", "yes_no", file, expect=1)
    assert failed["error"]


def test_ways_to_hear_exclude_each_other(write: Write) -> None:
    result = CliRunner().invoke(app, ["--free", "--question", "date", str(write("a", silence(0.1)))])

    assert result.exit_code == 2
