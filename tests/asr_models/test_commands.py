from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from typer.testing import CliRunner

from asr_models.commands import app
from tests.asr_models.speech_samples import silence, spoken


def write_wav(file: Path, pcm16: bytes, *, rate_hz: int = 8000, width: int = 2, channels: int = 1) -> Path:
    samples = soxr.resample(np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / 32768, 8000, rate_hz)
    match width:
        case 1:
            content = np.repeat(samples * 127 + 128, channels).astype(np.uint8).tobytes()
        case 3:
            wide = np.repeat(samples * 2**31, channels).astype("<i4").view(np.uint8).reshape(-1, 4)
            content = wide[:, 1:].tobytes()
        case _:
            content = np.repeat(samples * (2 ** (8 * width - 1) - 1), channels).astype(f"<i{width}").tobytes()
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(channels)
        recording.setsampwidth(width)
        recording.setframerate(rate_hz)
        recording.writeframes(content)
    return file


def utterance(text: str) -> bytes:
    return silence(0.3) + spoken(text) + silence(0.3)


def hear(*arguments: object, expect: int = 0) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == expect, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    ("rate_hz", "width", "channels"), [(8000, 2, 1), (16000, 2, 2), (44100, 3, 1), (48000, 4, 2), (11025, 1, 1)]
)
def test_recordings_of_any_rate_width_and_channels_are_heard(
    tmp_path: Path, rate_hz: int, width: int, channels: int
) -> None:
    audio = utterance("проверить баланс")
    file = write_wav(tmp_path / "a.wav", audio, rate_hz=rate_hz, width=width, channels=channels)

    (heard,) = hear(file)

    assert heard["file"] == str(file)
    assert heard["text"] == "проверить баланс"
    assert heard["seconds"] == pytest.approx(len(audio) / 16000, abs=0.01)
    assert 0.5 < heard["confidence"] <= 1


def test_a_phrase_list_bounds_what_is_heard(tmp_path: Path) -> None:
    phrases = tmp_path / "yes_no.txt"
    phrases.write_text("# answers\nда\n\nнет\n", encoding="utf-8")
    yes = write_wav(tmp_path / "yes.wav", utterance("да"))
    other = write_wav(tmp_path / "other.wav", utterance("синхрофазотрон перегревается"))

    assert [heard["text"] for heard in hear("--phrases", phrases, yes, other)] == ["да", "[unk]"]


def test_an_unreadable_file_is_told_and_the_others_are_heard(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound", encoding="utf-8")
    sound = write_wav(tmp_path / "sound.wav", utterance("баланс"))

    first, missing, last = hear(text, tmp_path / "missing.wav", sound, expect=1)

    assert "text.wav" in first["error"]
    assert "missing.wav" in missing["error"]
    assert last["text"] == "баланс"


def test_an_empty_recording_says_nothing(tmp_path: Path) -> None:
    (heard,) = hear(write_wav(tmp_path / "empty.wav", silence(0.02)))

    assert heard["text"] == ""


def test_without_json_people_can_read_it(tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", utterance("баланс"))

    result = CliRunner().invoke(app, [str(file)])

    assert "баланс" in result.stdout


def test_a_bad_model_folder_is_told(tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", utterance("баланс"))

    result = CliRunner().invoke(app, ["--model", str(tmp_path), str(file)])

    assert result.exit_code == 2
    assert "final.mdl" in result.output
