"""A model learns words without training, and hears them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from asr_models.graphs.build import words_of_graph
from asr_models.graphs.commands import add_words_command
from asr_models.graphs.model_rebuild import model_root
from asr_models.model_choice import ModelChoice, write_choice
from asr_models.model_folder import check_model_folder
from asr_models.model_seal import check_seal
from asr_models.models_setup import ModelsSetup
from asr_models.port import FREE_SPEECH, PhraseList
from asr_models.recording import read_recording
from asr_models.settings import HearingSettings
from asr_models.trainer.telephone_codecs import a_law
from asr_models.vosk_engine import VoskRecogniser
from tests.asr_models.conftest import MakeRecogniser

FLOW_WORDS = ("баланс", "эквайринг", "самовывоз")
app = typer.Typer()
app.command("add-words")(add_words_command(lambda folder: FLOW_WORDS))
NEW = ("синхрофазотрон", "перекрёсток")


def add_words(*arguments: str, models_dir: Path = Path("unused")) -> Result:
    return CliRunner().invoke(app, list(arguments), obj=lambda: ModelsSetup(models_dir, HearingSettings()))


@pytest.fixture(scope="module")
def taught(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    destination = tmp_path_factory.mktemp("taught") / "more"
    result = add_words(*NEW, "--model", str(model), "--out", str(destination))
    assert result.exit_code == 0, result.output
    yield destination


@pytest.fixture
def say_by_telephone(tmp_path: Path) -> Callable[[str], bytes]:
    """Return what a telephone line makes of synthetic speech: 8 kHz, G.711."""

    def say(text: str) -> bytes:
        file = tmp_path / "said.wav"
        subprocess.run(["espeak-ng", "-v", "ru", "-s", "140", "-w", str(file), text], check=True)
        spoken = np.frombuffer(read_recording(file), np.int16)
        return a_law(np.pad(spoken, (2400, 3200))).tobytes()

    return say


async def hear(recogniser: VoskRecogniser, audio: bytes, phrases: PhraseList) -> str:
    stream = recogniser.open_stream(phrases)
    try:
        for place in range(0, len(audio), 16000):
            stream.feed(audio[place : place + 16000])
            await stream.decoded()
        return (await stream.finish()).text
    finally:
        stream.cancel()


@pytest.mark.parametrize("word", NEW)
@pytest.mark.parametrize("part", ["phrases", "digits"])
async def test_a_new_word_is_heard(
    taught: Path, make_vosk: MakeRecogniser, say_by_telephone: Callable[[str], bytes], word: str, part: str
) -> None:
    recogniser = make_vosk(HearingSettings(model_dir=taught / part, threads=1, decoys=()))
    phrases = PhraseList((*NEW, "баланс", "оператор"))
    assert recogniser.vocabulary_lacks(phrases) == ()
    assert await hear(recogniser, say_by_telephone(word), phrases) == word
    assert await hear(recogniser, say_by_telephone(word), FREE_SPEECH) == word


async def test_the_words_of_before_are_still_heard(
    taught: Path, make_vosk: MakeRecogniser, say_by_telephone: Callable[[str], bytes]
) -> None:
    recogniser = make_vosk(HearingSettings(model_dir=taught / "phrases", threads=1, decoys=()))
    assert await hear(recogniser, say_by_telephone("узнать баланс"), FREE_SPEECH) == "узнать баланс"


def test_the_new_model_is_whole_and_sealed_and_the_old_one_is_left_alone(model: Path, taught: Path) -> None:
    for part in ("phrases", "digits"):
        assert check_model_folder(taught / part, trial_limit_seconds=60).takes_phrase_lists
        assert set(words_of_graph(taught / part / "graph")) - set(words_of_graph(model / part / "graph")) == set(NEW)
        sealed = check_seal(taught / part)
        assert sealed is not None and sealed.known  # a worker need not try it again
    assert (taught / "digits" / "am").is_symlink()
    assert (taught / "SHA256SUMS").is_file() and not (model / "SHA256SUMS").exists()
    (taught / "lexicon.tsv").read_text().index("перекрёсток\tp' i r' i k r' o s t @ k\n")


def test_a_model_that_was_taught_can_be_taught_again(taught: Path, tmp_path: Path) -> None:
    result = add_words("экспресс", "--model", str(taught / "phrases"), "--json", models_dir=tmp_path)
    assert result.exit_code == 0, result.output
    made = Path(json.loads(result.stdout)["model"])
    assert made == tmp_path / "more-words-1"
    assert {"экспресс", *NEW} <= set(words_of_graph(made / "digits" / "graph"))


def test_the_model_in_use_learns_when_none_is_named(taught: Path, tmp_path: Path) -> None:
    write_choice(tmp_path, ModelChoice(closed=str(taught / "phrases")))
    told = json.loads(add_words("баланс", *NEW, "--json", models_dir=tmp_path).stdout)
    assert told["known"] == ["баланс", *NEW]


def test_what_is_told_names_the_words_their_sounds_and_the_next_step(model: Path, tmp_path: Path) -> None:
    result = add_words(
        "эквайринг", "узнать баланс", "--say", "яндекс=+яндэкс", "--model", str(model), "--out", str(tmp_path / "new")
    )
    assert result.exit_code == 0, result.output
    assert "эквайрИнг" in result.output
    assert "j a n d y k s" in result.output
    assert "Модель уже знает: узнать, баланс" in result.output
    assert f"yulia models use {tmp_path / 'new'}" in result.output


def test_words_of_the_flows_are_added_on_demand(model: Path, tmp_path: Path) -> None:
    result = add_words("--from-flows", "--model", str(model), "--out", str(tmp_path / "new"), "--json")
    told = json.loads(result.stdout)
    assert [word["word"] for word in told["words"]] == ["эквайринг", "самовывоз"]
    assert told["words"][1]["origin"] == "lexicon"
    assert told["known"] == ["баланс"]


def test_nothing_is_written_when_the_model_knows_all_words(model: Path, tmp_path: Path) -> None:
    result = add_words("баланс", "--model", str(model), "--out", str(tmp_path / "new"))
    assert result.exit_code == 0
    assert "Новых слов нет" in result.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["hello"], "не строчная русская буква"),
        (["смс", "--say", "смс=эсэмэс+"], "перед ударной гласной"),
        (["--say", "без знака"], "слово=как-звучит"),
        (["птрк"], "нет гласной"),
    ],
)
def test_a_word_that_cannot_be_said_is_refused(model: Path, tmp_path: Path, arguments: list[str], reason: str) -> None:
    result = add_words(*arguments, "--model", str(model), models_dir=tmp_path)
    assert result.exit_code in (1, 2)  # 2: the command line itself is wrong
    assert reason in " ".join(result.output.split())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_not_written_over(model: Path, tmp_path: Path) -> None:
    result = add_words("экспресс", "--model", str(model), "--out", str(tmp_path))
    assert result.exit_code == 1
    assert "такая папка уже есть" in result.output


def test_a_model_of_others_takes_no_words(tmp_path: Path, model: Path) -> None:
    foreign = tmp_path / "foreign"
    shutil.copytree(model / "phrases", foreign)
    (foreign / "graph" / "options.json").unlink()
    result = add_words("экспресс", "--model", str(foreign), "--out", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "эту модель словами не дополнить" in result.output


def test_a_build_that_fails_leaves_nothing_behind(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken, symlinks=True)
    (broken / "phrases" / "conf" / "model.conf").write_text("--no-such-option=1\n")
    result = add_words("экспресс", "--model", str(broken), "--out", str(tmp_path / "models" / "new"))
    assert result.exit_code == 1
    assert list((tmp_path / "models").iterdir()) == []


def test_the_root_of_a_model_is_found_from_any_of_its_parts(model: Path) -> None:
    assert model_root(model) == model_root(model / "digits") == model.resolve()
