"""Words that a dialogue listens for and a speech model does not know."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from asr_models.graphs.errors import GraphError
from asr_models.graphs.model_rebuild import model_root
from asr_models.model_folder import model_words
from asr_models.phrase_grammar import UNKNOWN, missing_words, words_of
from asr_models.port import PhraseList
from asr_models.settings import BUNDLED_MODEL_DIR
from dialogs.reader.listened import ListenedPhrase, listened_phrases
from dialogs.settings import BUNDLED_FOLDER

_MOST_WORDS_IN_A_COMMAND = 20


@dataclass(frozen=True, slots=True)
class LackingWord:
    """A word the model cannot hear, with the phrases that need it."""

    word: str
    phrases: tuple[ListenedPhrase, ...]


def lacking_words(folder: Path, model: Path = BUNDLED_MODEL_DIR) -> tuple[LackingWord, ...]:
    """Return the words of a dialogue's phrase lists that a model lacks, in the order they are written.

    Raises:
        ModelInvalid: the model's words cannot be read.
    """
    known = frozenset(model_words(model))
    needing: dict[str, list[ListenedPhrase]] = {}
    for phrase in listened_phrases(folder):
        for word in missing_words(PhraseList((phrase.text,)), known.__contains__):
            needing.setdefault(word, []).append(phrase)
    return tuple(LackingWord(word, tuple(phrases)) for word, phrases in needing.items())


def listened_words(folder: Path | None = None) -> tuple[str, ...]:
    """Return all words of a dialogue's phrase lists, each once; by default of the one that comes along."""
    phrases = listened_phrases(folder or BUNDLED_FOLDER)
    return tuple(dict.fromkeys(word for phrase in phrases for word in words_of(phrase.text) if word != UNKNOWN))


def command_that_adds(lacking: tuple[LackingWord, ...], folder: Path, model: Path = BUNDLED_MODEL_DIR) -> str | None:
    """Return the command that teaches the model these words; None when this model takes no words."""
    try:
        root = model_root(model)
    except GraphError:
        return None
    command = ["yulia", "models", "add-words"]
    if len(lacking) <= _MOST_WORDS_IN_A_COMMAND:
        command += [each.word for each in lacking]
    else:
        command += ["--from-flows", *([] if folder == BUNDLED_FOLDER else ["--flows", shlex.quote(str(folder))])]
    return " ".join([*command, *([] if root == BUNDLED_MODEL_DIR.parent else ["--model", shlex.quote(str(root))])])
