from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from asr_models.assembly import Hearing, load_hearing
from asr_models.model_choice import CHOICE_FILE, ModelChoice, write_choice
from asr_models.port import FREE_SPEECH, RecognitionError
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_server_engine import VoskServerRecogniser

Load = Callable[[HearingSettings], Hearing]


@pytest.fixture
async def load(tmp_path: Path) -> AsyncIterator[Load]:
    """Load as a worker does, with `tmp_path` as the models folder; closed after the test."""
    made: list[Hearing] = []

    def load_it(settings: HearingSettings) -> Hearing:
        made.append(load_hearing(settings, tmp_path))
        return made[-1]

    yield load_it
    for hearing in made:
        if hearing.recogniser is not None:
            await hearing.recogniser.close()


async def test_without_any_choice_the_bundled_models_hear(load: Load) -> None:
    hearing = load(HearingSettings())

    assert hearing.is_up
    assert hearing.problems == ()
    assert hearing.state == "vosk/ru-8k/phrases, numbers: ru-8k/digits, open questions: ru-8k/phrases"


async def test_the_choice_of_models_is_followed(load: Load, tmp_path: Path) -> None:
    write_choice(tmp_path, ModelChoice(closed=str(BUNDLED_DIGITS_MODEL_DIR)))

    assert load(HearingSettings()).state.startswith("vosk/ru-8k/digits,")
    assert load(HearingSettings(model_dir=BUNDLED_MODEL_DIR)).state.startswith("vosk/ru-8k/phrases,")


@pytest.mark.parametrize("kind", ["closed", "digits", "open"])
async def test_a_chosen_model_that_is_gone_gives_way_and_shows(load: Load, tmp_path: Path, kind: str) -> None:
    write_choice(tmp_path, ModelChoice(**{kind: str(tmp_path / "gone")}))

    hearing = load(HearingSettings())

    assert hearing.is_up
    assert "ru-8k/phrases, numbers: ru-8k/digits, open questions: ru-8k/phrases" in hearing.state
    assert "gone: no such folder" in hearing.state


async def test_a_damaged_choice_gives_way_and_shows(load: Load, tmp_path: Path) -> None:
    (tmp_path / CHOICE_FILE).write_text("[")

    hearing = load(HearingSettings())

    assert hearing.is_up
    assert CHOICE_FILE in hearing.state


async def test_a_model_named_by_the_settings_that_is_gone_leaves_only_keys(load: Load, tmp_path: Path) -> None:
    hearing = load(HearingSettings(model_dir=tmp_path / "gone"))

    assert hearing.recogniser is None
    assert not hearing.is_up
    assert "gone: no such folder" in hearing.state


async def test_a_server_that_is_down_shows_once_it_was_asked(load: Load) -> None:
    hearing = load(HearingSettings(engine="vosk-server", server_url="ws://127.0.0.1:9"))
    assert isinstance(hearing.recogniser, VoskServerRecogniser)
    up_before = hearing.is_up

    with pytest.raises(RecognitionError):
        await hearing.recogniser.probe()

    assert (up_before, hearing.is_up) == (True, False)
    assert "cannot be reached" in hearing.state


async def test_a_server_that_is_up_again_shows_too(load: Load, vosk_server_url: str) -> None:
    hearing = load(HearingSettings(engine="vosk-server", server_url=vosk_server_url, server_connect_limit_seconds=20))
    assert isinstance(hearing.recogniser, VoskServerRecogniser)
    stream = hearing.recogniser.open_stream(FREE_SPEECH)
    with pytest.raises(RecognitionError):
        stream.feed(bytes(10_000_000))
    up_before = hearing.is_up

    await hearing.recogniser.probe()

    assert (up_before, hearing.is_up) == (False, True)
    assert hearing.state == f"vosk-server/{vosk_server_url}"
