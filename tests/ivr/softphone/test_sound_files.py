"""Recordings and what a caller says."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.softphone.caller_voice import EngineCaller, EspeakCaller, EspeakVoice, read_wav, telephone_audio
from ivr.softphone.errors import CallerVoiceFailed
from ivr.softphone.frames import level_dbfs
from ivr.softphone.recording import read_stereo_wav, write_stereo_wav
from tts.port import Speech, SpeechError


def write_mono(path: Path, rate_hz: int, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(rate_hz)
        sink.writeframes(samples.astype(np.int16).tobytes())


def test_a_recording_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    left, right = np.arange(100, dtype=np.int16), np.arange(60, dtype=np.int16) * -1
    write_stereo_wav(tmp_path / "deep" / "call.wav", left, right)
    read_left, read_right = read_stereo_wav(tmp_path / "deep" / "call.wav")
    assert (read_left == left).all()
    assert (read_right[:60] == right).all() and not read_right[60:].any()
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["call.wav"]


def test_a_file_that_is_no_recording_is_named(tmp_path: Path) -> None:
    write_mono(tmp_path / "mono.wav", 8000, np.zeros(10))
    (tmp_path / "text.wav").write_text("not a wav")
    for name in ("mono.wav", "text.wav", "missing.wav"):
        with pytest.raises(CallerVoiceFailed, match=name):
            read_stereo_wav(tmp_path / name)


def test_a_sound_file_of_any_rate_becomes_telephone_audio(tmp_path: Path) -> None:
    tone = 5000 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    write_mono(tmp_path / "tone.wav", 22050, tone)
    narrow = np.frombuffer(read_wav(tmp_path / "tone.wav"), dtype=np.int16)
    assert abs(narrow.size - 8000) < 20
    spectrum = np.abs(np.fft.rfft(narrow))
    assert abs(int(np.argmax(spectrum)) * 8000 / narrow.size - 440) < 2


def test_a_sound_file_that_cannot_be_said_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallerVoiceFailed, match=r"gone\.wav"):
        read_wav(tmp_path / "gone.wav")


def test_quiet_and_loud_speech_come_out_at_one_level() -> None:
    rng = np.random.default_rng(1)
    for amplitude in (800, 20000):
        speech = rng.integers(-amplitude, amplitude, 16000).astype(np.int16)
        assert abs(level_dbfs(telephone_audio(speech, 16000)) - -20) < 3


async def test_a_caller_speaks_russian_and_remembers_it() -> None:
    voice = EspeakCaller(EspeakVoice(name="ru+f2", pitch=60))
    word = await voice.speech("баланс")
    assert 0.3 < len(word) / 16000 < 2
    assert await voice.speech("баланс") is word


@pytest.mark.parametrize("wrong", [{"name": "en"}, {"name": "ru", "pitch": 100}, {"words_per_minute": 20}])
def test_a_voice_that_would_not_speak_russian_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CallerVoiceFailed):
        EspeakVoice(**wrong)


async def test_a_caller_may_speak_with_the_lines_own_engine() -> None:
    class Engine:
        name = "engine"
        voice = "anna"

        async def synthesise(self, text: str) -> Speech:
            if not text:
                raise SpeechError("nothing to say")
            return Speech(pcm16=bytes(16000 * 2), sample_rate_hz=16000)

        async def close(self) -> None: ...

    caller = EngineCaller(Engine())
    assert len(await caller.speech("да")) == 16000
    with pytest.raises(CallerVoiceFailed, match="engine"):
        await caller.speech("")
