from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tts.fake_engine import ToneEngine
from tts.assembly import speech_engines
from tts.port import SpeechEngine
from tts.pyttsx3_engine import Pyttsx3Engine
from tts.rhvoice_engine import RHVoiceEngine
from tts.settings import SpeechSettings

# Where the set-up may have put a private RHVoice.
_RHVOICE_DIRS = (Path(__file__).parents[2] / ".yulia" / "rhvoice", *Path("/var/lib/yulia").glob("*/rhvoice"))


@pytest.fixture
def rhvoice_dir() -> Path | None:
    return next((folder for folder in _RHVOICE_DIRS if folder.is_dir()), None)


@pytest.fixture(params=["fake", "pyttsx3", "rhvoice"])
async def engine(request: pytest.FixtureRequest, rhvoice_dir: Path | None) -> AsyncIterator[SpeechEngine]:
    """Each engine of this machine; RHVoice is optional and skipped where it is not installed."""
    built: SpeechEngine
    match request.param:
        case "fake":
            built = ToneEngine()
        case "pyttsx3":
            if not Pyttsx3Engine.is_available():
                pytest.fail("libespeak-ng is not installed: run scripts/setup.sh")
            built = Pyttsx3Engine(SpeechSettings())
        case _:
            rhvoice = RHVoiceEngine(SpeechSettings(rhvoice_dir=rhvoice_dir))
            if not rhvoice.is_available():
                pytest.skip("RHVoice is not installed")
            built = rhvoice
    yield built
    await built.close()


@pytest.fixture
async def real_engines(rhvoice_dir: Path | None) -> AsyncIterator[list[SpeechEngine]]:
    engines = speech_engines(SpeechSettings(rhvoice_dir=rhvoice_dir))
    if not engines:
        pytest.fail("no speech engine is installed: run scripts/setup.sh")
    yield engines
    for each in engines:
        await each.close()
