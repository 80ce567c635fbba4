from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asr_models.port import FREE_SPEECH, ModelInvalid, PhraseList
from asr_models.question_models import load_models
from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from tests.asr_models.conftest import MakeRecogniser
from tests.asr_models.speech_samples import DIGIT_PHRASES, frames, silence, spoken

YES_NO = PhraseList(("да", "нет"))
DICTATION = PhraseList(DIGIT_PHRASES, dictation=True)


@pytest.fixture
def other_model(tmp_path: Path) -> Path:
    """Return a second sound model folder."""
    return Path(shutil.copytree(BUNDLED_MODEL_DIR.parent, tmp_path / "other", symlinks=True)) / "phrases"


@pytest.fixture
def broken_model(tmp_path: Path) -> Path:
    """Return a folder that is no model."""
    (tmp_path / "broken").mkdir()
    return tmp_path / "broken"


def names(settings: HearingSettings) -> tuple[str, str, str]:
    models = load_models(settings)
    return tuple(models.of(phrases).name for phrases in (YES_NO, DICTATION, FREE_SPEECH))  # type: ignore[return-value]


def test_the_bundled_models_share_the_questions() -> None:
    assert names(HearingSettings()) == ("ru-8k/phrases", "ru-8k/digits", "ru-8k/phrases")


def test_each_kind_of_question_may_have_its_own_model(other_model: Path) -> None:
    assert names(HearingSettings(model_dir=other_model)) == ("other/phrases", "ru-8k/digits", "other/phrases")
    assert names(HearingSettings(digits_model_dir=other_model)) == ("ru-8k/phrases", "other/phrases", "ru-8k/phrases")
    assert names(HearingSettings(open_model_dir=other_model)) == ("ru-8k/phrases", "ru-8k/digits", "other/phrases")


def test_the_same_folder_is_loaded_once(other_model: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(other_model)

    models = load_models(HearingSettings(model_dir=other_model, digits_model_dir=link, open_model_dir=other_model))

    assert models.closed is models.digits is models.open


def test_a_broken_model_of_numbers_gives_way_to_the_bundled_one(broken_model: Path, other_model: Path) -> None:
    models = load_models(HearingSettings(model_dir=other_model, digits_model_dir=broken_model))

    assert models.digits.name == "ru-8k/digits"
    assert len(models.problems) == 1
    assert "final.mdl: missing" in models.problems[0]
    assert "ru-8k/digits" in models.problems[0]


def test_a_broken_model_of_open_questions_gives_way_to_that_of_phrase_lists(
    broken_model: Path, other_model: Path
) -> None:
    models = load_models(HearingSettings(model_dir=other_model, open_model_dir=broken_model))

    assert models.open is models.closed
    assert "final.mdl: missing" in models.problems[0]


def test_a_broken_model_of_phrase_lists_is_refused(broken_model: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"final\.mdl: missing"):
        load_models(HearingSettings(model_dir=broken_model))


async def test_a_recogniser_tells_which_model_hears_what(make_vosk: MakeRecogniser, other_model: Path) -> None:
    vosk = make_vosk(HearingSettings(open_model_dir=other_model))

    assert vosk.state == "vosk/ru-8k/phrases, numbers: ru-8k/digits, open questions: other/phrases"
    assert vosk.problems == ()


async def hear(vosk: VoskRecogniser, phrases: PhraseList, text: str) -> str:
    stream = vosk.open_stream(phrases)
    for frame in frames(silence(0.3) + spoken(text) + silence(0.3)):
        stream.feed(frame)
    return (await stream.finish()).text


async def test_streams_of_all_models_share_one_limit(make_vosk: MakeRecogniser) -> None:
    vosk = make_vosk(HearingSettings(threads=1, max_streams=3))
    streams = [vosk.open_stream(phrases) for phrases in (YES_NO, DICTATION, FREE_SPEECH)]

    assert vosk.open_streams == 3
    for stream in streams:
        stream.cancel()

    assert await hear(vosk, YES_NO, "нет") == "нет"
    assert await hear(vosk, DICTATION, "пять восемь") == "пять восемь"
    assert "баланс" in await hear(vosk, FREE_SPEECH, "проверить баланс")
