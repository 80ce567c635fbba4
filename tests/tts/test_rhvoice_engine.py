from __future__ import annotations

from pathlib import Path

import pytest

from tts.port import SpeechError
from tts.rhvoice_engine import RHVoiceEngine, find_rhvoice
from tts.settings import SpeechSettings


def private_rhvoice(root: Path, *, voice: str = "nobody") -> Path:
    library = root / "usr" / "lib" / "x86_64-linux-gnu" / "libRHVoice.so.5"
    library.parent.mkdir(parents=True)
    library.touch()
    (root / "usr" / "share" / "RHVoice" / "voices" / voice).mkdir(parents=True)
    return library


def test_a_private_rhvoice_is_found_with_its_voice(tmp_path: Path) -> None:
    library = private_rhvoice(tmp_path)

    found = find_rhvoice(tmp_path, "Nobody")

    assert found is not None
    assert found.library == library
    assert found.data == tmp_path / "usr" / "share" / "RHVoice"


@pytest.mark.parametrize("missing", ["voice", "library", "folder"])
def test_half_an_rhvoice_is_none(tmp_path: Path, missing: str) -> None:
    if missing != "folder":
        library = private_rhvoice(tmp_path)
        if missing == "library":
            library.unlink()
    voice = "somebody" if missing == "voice" else "nobody"

    assert find_rhvoice(tmp_path, voice) is None


async def test_an_engine_without_rhvoice_says_so_and_speaks_nothing(tmp_path: Path) -> None:
    engine = RHVoiceEngine(SpeechSettings(rhvoice_voice="nobody", rhvoice_dir=tmp_path))

    assert not engine.is_available()
    with pytest.raises(SpeechError, match="not installed"):
        await engine.synthesise("Да.")
    await engine.close()


async def test_a_library_that_cannot_be_loaded_is_an_error_with_its_reason(tmp_path: Path) -> None:
    private_rhvoice(tmp_path)
    engine = RHVoiceEngine(SpeechSettings(rhvoice_voice="nobody", rhvoice_dir=tmp_path))

    assert engine.is_available()
    with pytest.raises(SpeechError, match="did not start"):
        await engine.synthesise("Да.")
    await engine.close()
