from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.tts.fake_engine import tone
from tts.recordings import NOTICES, SHIPPED_DIR, check_recordings, load_recordings
from tts.telephone_audio import speech_level_dbfs
from tts.wav import wav_bytes


def write_wav(path: Path, *, rate_hz: int = 44100, channels: int = 1, width: int = 2, seconds: float = 0.5) -> None:
    samples = np.frombuffer(tone(seconds, rate_hz=rate_hz).pcm16, "<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(
            np.repeat(samples, channels).tobytes() if width == 2 else bytes(samples.size * channels * width)
        )


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (44100, 2), (48000, 1), (22050, 2)])
def test_any_ordinary_wav_is_ready_for_the_telephone(tmp_path: Path, rate_hz: int, channels: int) -> None:
    write_wav(tmp_path / "greeting.wav", rate_hz=rate_hz, channels=channels)

    recordings = load_recordings(tmp_path, level_dbfs=-20)

    speech = recordings.get("greeting")
    assert speech is not None
    assert speech.sample_rate_hz == 8000
    assert speech.seconds == pytest.approx(0.5, abs=0.1)
    assert speech_level_dbfs(speech) == pytest.approx(-20, abs=0.5)
    assert recordings.get("greeting.wav") == speech
    assert recordings.get("farewell") is None
    assert recordings.ids == {"greeting"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b"ID3\x03this is an MP3"), "not a PCM WAV"),
        (lambda path: path.write_bytes(b""), "not a PCM WAV"),
        (lambda path: write_wav(path, width=1), "8-bit samples; save it as 16-bit"),
        (lambda path: write_wav(path, width=3), "24-bit samples"),
        (lambda path: write_wav(path, channels=4), "4 channels"),
        (lambda path: write_wav(path, rate_hz=6000), "6000 samples a second"),
        (lambda path: write_wav(path, rate_hz=8000, seconds=121), "longer than 120 s"),
        (lambda path: path.write_bytes(wav_bytes(tone(0.5))[:-100]), "cut off in the middle"),
        (lambda path: path.write_bytes(wav_bytes(tone(0.5, level=0))), "silent"),
        (lambda path: path.mkdir(), "cannot be read"),
    ],
    ids=["mp3", "empty", "8 bit", "24 bit", "4 channels", "rate", "too long", "cut", "silent", "folder"],
)
def test_a_file_that_cannot_be_used_is_named_at_load_with_the_reason(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "bad.wav")
    write_wav(tmp_path / "good.wav")

    recordings = load_recordings(tmp_path, level_dbfs=-20)

    (fault,) = recordings.faults
    assert fault.path.name == "bad.wav"
    assert reason in fault.reason
    assert recordings.ids == {"good"}
    assert check_recordings(tmp_path) == recordings.faults


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = load_recordings(tmp_path / "nowhere", None, level_dbfs=-20).faults

    assert fault.reason == "no such folder"


def test_own_recordings_override_the_shipped_ones(tmp_path: Path) -> None:
    write_wav(tmp_path / "notice_goodbye.wav", seconds=3.0)

    recordings = load_recordings(SHIPPED_DIR, tmp_path, level_dbfs=-20)

    goodbye = recordings.get("notice_goodbye")
    assert goodbye is not None
    assert goodbye.seconds == pytest.approx(3.0, abs=0.1)
    assert recordings.get("notice_transfer") is not None


def test_each_notice_is_shipped_as_telephone_audio_and_described() -> None:
    recordings = load_recordings(SHIPPED_DIR, level_dbfs=-20)
    description = (SHIPPED_DIR / "README.md").read_text()

    assert recordings.faults == ()
    assert recordings.ids == NOTICES.keys()
    for notice_id, text in NOTICES.items():
        assert f"| `{notice_id}.wav` | {text} |" in description
        with wave.open(str(SHIPPED_DIR / f"{notice_id}.wav")) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            # Nobody speaks faster than 25 letters a second, nor slower than 8.
            assert len(text) / 25 < file.getnframes() / 8000 < len(text) / 8
