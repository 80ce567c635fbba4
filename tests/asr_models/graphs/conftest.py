from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asr_models.graphs.bigrams import count_bigrams
from asr_models.graphs.build import build_graph
from asr_models.graphs.lexicon import Lexicon, read_lexicon
from asr_models.graphs.model_rebuild import LEXICON_FILE, UNITS_FILE
from asr_models.graphs.units import Units, inventory, read_units
from asr_models.graphs.word_graph import GraphOptions
from asr_models.settings import BUNDLED_MODEL_DIR

_WORDS = "да нет баланс карты узнать оператор один два три четыре пять шесть семь восемь девять ноль"
WORDS = tuple(_WORDS.split())
SENTENCES = tuple((text.split(), 1.0) for text in ("узнать баланс", "баланс карты", "да", "нет", "оператор"))


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """Return a few words as they are said."""
    return read_lexicon().of_words(WORDS)


@pytest.fixture(scope="session")
def units() -> Units:
    """Return what the bundled acoustic model tells apart."""
    file = BUNDLED_MODEL_DIR.parent / UNITS_FILE
    # the provisional model has no inventory of its own: it knows the phones, and no core words
    return read_units(file) if file.is_file() else inventory((), read_lexicon())


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon, units: Units) -> Path:
    """Return a model of the bundled acoustic layers that knows a few words."""
    root = tmp_path_factory.mktemp("models") / "small"
    for part in ("phrases", "digits"):
        shutil.copytree(BUNDLED_MODEL_DIR / "conf", root / part / "conf")
        options = GraphOptions(word_penalty=1.5 if part == "digits" else 0.0)
        build_graph(root / part / "graph", lexicon, units, count_bigrams(SENTENCES), options)
    shutil.copytree(BUNDLED_MODEL_DIR / "am", root / "phrases" / "am")
    (root / "digits" / "am").symlink_to(Path("..") / "phrases" / "am")
    (root / UNITS_FILE).write_text(units.as_json(), encoding="utf-8")
    (root / LEXICON_FILE).write_text(lexicon.as_text(), encoding="utf-8")
    return root
