from __future__ import annotations

from pathlib import Path

import pydantic
import pytest

from tts.assembly import prompt_speech, speech_engines
from tts.pyttsx3_engine import Pyttsx3Engine
from tts.recordings import NOTICES
from tts.settings import SpeechSettings


async def test_without_rhvoice_the_line_speaks_with_pyttsx3(tmp_path: Path) -> None:
    engines = speech_engines(SpeechSettings(rhvoice_voice="nobody", rhvoice_dir=tmp_path))

    assert [engine.name for engine in engines] == ["pyttsx3"]


async def test_pyttsx3_alone_when_it_was_asked_for(rhvoice_dir: Path | None) -> None:
    engines = speech_engines(SpeechSettings(engine="pyttsx3", rhvoice_dir=rhvoice_dir))

    assert [engine.name for engine in engines] == ["pyttsx3"]


async def test_rhvoice_goes_before_pyttsx3_where_it_is_installed(rhvoice_dir: Path | None) -> None:
    engines = speech_engines(SpeechSettings(rhvoice_dir=rhvoice_dir))
    if "rhvoice" not in {engine.name for engine in engines}:
        pytest.skip("RHVoice is not installed")

    assert engines[0].name == "rhvoice"


async def test_a_broken_rhvoice_is_covered_by_pyttsx3(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/libRHVoice.so.5").parent.mkdir(parents=True)
    (tmp_path / "usr/lib/libRHVoice.so.5").touch()
    (tmp_path / "usr/share/RHVoice/voices/nobody").mkdir(parents=True)
    speech = prompt_speech(SpeechSettings(rhvoice_voice="nobody", rhvoice_dir=tmp_path))

    assert (await speech.speech_for("Здравствуйте!")).seconds > 0.5
    assert speech.counters.failures_by_engine == {"rhvoice": 1}
    await speech.close()


async def test_the_notices_play_without_any_text_being_spoken() -> None:
    speech = prompt_speech(SpeechSettings())

    for notice_id in NOTICES:
        assert (await speech.speech_for("", recorded=notice_id)).seconds > 1
    assert speech.counters.misses == 0
    await speech.close()


async def test_only_russian_voices_of_espeak_are_taken() -> None:
    engine = Pyttsx3Engine(SpeechSettings(pyttsx3_voice="ru-lv+f3"))
    assert (await engine.synthesise("Да.")).seconds > 0.1
    await engine.close()

    with pytest.raises(pydantic.ValidationError):
        SpeechSettings(pyttsx3_voice="en+f3")
