"""Both graphs of the bundled model: one for phrases and free speech, one for dictated numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType

from asr_models.graphs.bigrams import Bigrams, count_bigrams
from asr_models.graphs.build import build_graph
from asr_models.graphs.lexicon import Lexicon, read_lexicon
from asr_models.graphs.model_rebuild import LEXICON_FILE, UNITS_FILE
from asr_models.graphs.units import Units
from asr_models.graphs.word_graph import GraphOptions
from asr_models.trainer.clips import Kind
from asr_models.trainer.texts import TextMaker, vocabulary

SEED = 20
PHRASES_TEXTS: Mapping[Kind, int] = MappingProxyType(
    {"phrase": 16000, "sentence": 6000, "number": 3000, "digits": 1500, "date": 3000}
)
"""How many made-up texts of each kind teach the free speech of the graph for phrases."""
DIGITS_TEXTS: Mapping[Kind, int] = MappingProxyType({"number": 9000, "digits": 6000, "date": 6000, "phrase": 1000})
_WORD_WEIGHT = 0.5  # of every word said alone, in free speech
_WISHES_OF_ONE_WORD = (
    *("баланс", "баллы", "бонусы", "оператор", "активация", "активировать"),
    *("блокировка", "заблокировать", "объединение", "объединить"),
)
_WISH_WEIGHT = 500.0  # more of each in free speech: «Чем помочь?» is answered so far oftener than in the texts


def write_model_graphs(
    model: Path,
    units: Units,
    lexicon: Lexicon | None = None,
    *,
    phrases: GraphOptions | None = None,
    digits: GraphOptions | None = None,
) -> None:
    """Write `phrases/graph`, `digits/graph`, `units.json` and `lexicon.tsv` of a model folder; the rest is not touched.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
        GraphError: a word has no pronunciation, or one that the units do not fit.
    """
    known = lexicon or read_lexicon()
    known.of_words(vocabulary())  # all that was trained on must be in it; it may hold more, which generic phones hear
    slow = digits or GraphOptions(word_penalty=1.5)
    # Both know all words: a phrase list leaves those that it names, whatever the graph holds.
    build_graph(model / "phrases" / "graph", known, units, texts_bigrams(PHRASES_TEXTS, tuple(known)), phrases)
    build_graph(model / "digits" / "graph", known, units, texts_bigrams(DIGITS_TEXTS, ()), slow)
    (model / UNITS_FILE).write_text(units.as_json(), encoding="utf-8")
    (model / LEXICON_FILE).write_text(known.as_text(), encoding="utf-8")


def texts_bigrams(texts: Mapping[Kind, int], words: Sequence[str]) -> Bigrams:
    """Count made-up texts, none of them held out; the same texts come at every call."""
    return count_bigrams(_sentences(texts, words))


def _sentences(texts: Mapping[Kind, int], words: Sequence[str]) -> Iterator[tuple[Sequence[str], float]]:
    maker = TextMaker(Random(SEED))
    for kind, count in texts.items():
        for _ in range(count):
            yield maker.make(kind).text.split(), 1.0
    for word in words:
        yield [word], _WORD_WEIGHT + (_WISH_WEIGHT if word in _WISHES_OF_ONE_WORD else 0)
