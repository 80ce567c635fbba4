"""Putting the speech adapters together as the settings say."""

from __future__ import annotations

import structlog

from tts.port import SpeechEngine
from tts.prompt_speech import TelephonePromptSpeech
from tts.pyttsx3_engine import Pyttsx3Engine
from tts.recordings import SHIPPED_DIR, load_recordings
from tts.rhvoice_engine import RHVoiceEngine
from tts.settings import SpeechSettings

_log = structlog.get_logger()


def speech_engines(settings: SpeechSettings) -> list[SpeechEngine]:
    """Return the engines that work on this machine, the best first. None at all leaves the recorded prompts."""
    engines: list[SpeechEngine] = []
    if settings.engine in ("auto", "rhvoice"):
        rhvoice = RHVoiceEngine(settings)
        if rhvoice.is_available():
            engines.append(rhvoice)
        else:
            _log.info("RHVoice is not installed: the line speaks with espeak-ng", voice=settings.rhvoice_voice)
    # Also behind an RHVoice that was asked for by name: a caller prefers an ugly voice to none.
    if Pyttsx3Engine.is_available():
        engines.append(Pyttsx3Engine(settings))
    else:
        _log.warning("libespeak-ng is not installed: pyttsx3 cannot speak")
    return engines


def prompt_speech(settings: SpeechSettings) -> TelephonePromptSpeech:
    """Return the line's speech: shipped and own recordings, cache and engines."""
    recordings = load_recordings(SHIPPED_DIR, settings.recorded_dir, level_dbfs=settings.level_dbfs)
    return TelephonePromptSpeech(speech_engines(settings), settings, recordings=recordings)
