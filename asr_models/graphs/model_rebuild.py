"""More words for a trained model: its graphs are built anew, its acoustic layers stay as they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

from asr_models.graphs.build import OPTIONS_FILE, rebuild_graph, words_of_graph
from asr_models.graphs.errors import GraphError
from asr_models.graphs.fst_tools import check_tools
from asr_models.graphs.lexicon import Lexicon, Pronunciation, read_lexicon
from asr_models.graphs.pronunciation import said_as, with_stress
from asr_models.graphs.units import read_units
from asr_models.model_folder import check_model_folder
from asr_models.model_seal import break_seal, note_trial, seal
from asr_models.phrase_grammar import spelled_for, words_of

UNITS_FILE = "units.json"
LEXICON_FILE = "lexicon.tsv"

Origin = Literal["you", "lexicon", "rules"]


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that the model is to know from now on."""

    word: str
    pronunciations: tuple[Pronunciation, ...]
    origin: Origin  # who says how it sounds
    spelling: str = ""  # with the stress marked; empty when it comes from a lexicon in phones


@dataclass(frozen=True, slots=True)
class WordPlan:
    """What of the wanted words is new to a model."""

    new: tuple[NewWord, ...]
    known: tuple[str, ...]


def model_root(folder: Path) -> Path:
    """Return the folder that can take words: the one given, or the one above it that it is a part of.

    Raises:
        GraphError: this model cannot take words.
    """
    for root in (folder.resolve(), folder.resolve().parent):
        if (root / UNITS_FILE).is_file() and _graph_folders(root):
            return root
    raise GraphError(
        f"{folder}: эту модель словами не дополнить: в ней нет {UNITS_FILE} и графов с {OPTIONS_FILE};"
        " дополняются встроенная модель и те, что сделаны обучением"
    )


def plan_words(root: Path, words: Iterable[str], said: Mapping[str, str]) -> WordPlan:
    """Find out which words the model lacks and how they sound.

    Args:
        root: the model, see `model_root`.
        words: words or phrases.
        said: words in the spelling they are said in, stress marked; they are new even if the model says them otherwise.

    Raises:
        GraphError: a word cannot be said, or espeak-ng, which tells stresses, is missing.
    """
    if trained := [word for word in said if word in read_units(root / UNITS_FILE).core_words]:
        raise GraphError(f"«{trained[0]}»: у этого слова в модели свои звуки, сказать его иначе может только обучение")
    # the graph for numbers need not know what no number question listens for
    known_words = {word for folder in _graph_folders(root) for word in words_of_graph(folder)}
    wanted = dict.fromkeys(word for text in words for word in words_of(text))
    known = [word for word in wanted if word not in said and spelled_for(word, known_words.__contains__)]
    lexicons = (read_lexicon(root / LEXICON_FILE), read_lexicon())
    new = [_new_word(word, said, lexicons) for word in dict.fromkeys((*wanted, *said)) if word not in known]
    return WordPlan(tuple(new), tuple(known))


def rebuild_model(
    root: Path,
    destination: Path,
    new: Iterable[NewWord],
    *,
    trial_limit_seconds: float,
    on_step: Callable[[str], None] = lambda step: None,
) -> None:
    """Write a model that knows more words, beside the old one; it appears only when Vosk has loaded and tried it.

    Raises:
        GraphError: the destination exists, a tool is missing, or a word does not fit the model's sounds.
        ModelInvalid: Vosk does not take the result.
    """
    check_tools()
    if destination.exists():
        raise GraphError(f"{destination}: такая папка уже есть; назовите другую: --out")
    new = tuple(new)
    units = read_units(root / UNITS_FILE)
    lexicon = read_lexicon(root / LEXICON_FILE).with_words({word.word: word.pronunciations for word in new})
    destination.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        made = unfinished / destination.name
        on_step("копирую слои")
        graphs = {str(folder) for folder in _graph_folders(root)}
        shutil.copytree(
            root,
            made,
            symlinks=True,
            ignore=lambda folder, names: [name for name in names if str(Path(folder) / name) in graphs],
        )
        break_seal(made)
        for folder in _graph_folders(root):
            part = folder.relative_to(root)
            on_step(f"строю граф {part}")
            rebuild_graph(folder, made / part, lexicon, units, tuple(word.word for word in new))
        (made / LEXICON_FILE).write_text(lexicon.as_text(), encoding="utf-8")
        for folder in _graph_folders(made):
            on_step(f"пробую {folder.parent.relative_to(made.parent)}")
            check_model_folder(folder.parent, trial_limit_seconds=trial_limit_seconds)
        seal(made)
        for folder in _graph_folders(made):
            note_trial(folder.parent, made)
        made.chmod(0o755)
        made.rename(destination)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _graph_folders(root: Path) -> list[Path]:
    return sorted(file.parent for file in (*root.glob(f"graph/{OPTIONS_FILE}"), *root.glob(f"*/graph/{OPTIONS_FILE}")))


def _new_word(word: str, said: Mapping[str, str], lexicons: Iterable[Lexicon]) -> NewWord:
    if word in said:
        return NewWord(word, said_as(said[word]), "you", said[word])
    for lexicon in lexicons:
        if word in lexicon:
            return NewWord(word, lexicon[word], "lexicon")
    spelling = with_stress(word)
    return NewWord(word, said_as(spelling), "rules", spelling)
