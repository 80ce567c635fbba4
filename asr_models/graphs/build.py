"""A graph folder of a Vosk model, from words and their pronunciations."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from asr_models.graphs.bigrams import Bigrams, bigram_graph, read_bigrams
from asr_models.graphs.errors import GraphError
from asr_models.graphs.fst_tools import compile_const, compile_look_ahead
from asr_models.graphs.lexicon import Lexicon
from asr_models.graphs.phone_table import phone_table
from asr_models.graphs.units import Units
from asr_models.graphs.word_graph import UNKNOWN, GraphOptions, word_graph

EPSILON_SYMBOL = "<eps>"
OPTIONS_FILE = "options.json"
BIGRAMS_FILE = "bigrams.tsv"


def build_graph(
    folder: Path, lexicon: Lexicon, units: Units, bigrams: Bigrams, options: GraphOptions | None = None
) -> None:
    """Write a graph folder that hears the words of the lexicon; the same input gives the same bytes.

    Beside what Vosk reads stand `bigrams.tsv` and `options.json`, from which the graph can be built again.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
        GraphError: the lexicon does not fit the units, or the programs refuse the graph.
    """
    options = options or GraphOptions()
    lexicon = lexicon.of_words(sorted(lexicon))
    symbols = [EPSILON_SYMBOL, UNKNOWN, *lexicon]
    word_ids = {word: number for number, word in enumerate(symbols) if word != EPSILON_SYMBOL}
    look_ahead, relabelled = compile_look_ahead(word_graph(lexicon, units, word_ids, options).as_text())
    # Vosk looks words up in words.txt and composes straight with the look-ahead graph: its numbers must stand there.
    word_ids = {word: relabelled.get(number, number) for word, number in word_ids.items()}
    if len(set(word_ids.values())) != len(word_ids):
        raise GraphError("the look-ahead graph gave two words one number")
    free_speech = compile_const(bigram_graph(bigrams, word_ids, unknown_share=options.unknown_share).as_text())
    phones = phone_table(units)
    by_number = sorted((number, word) for word, number in (word_ids | {EPSILON_SYMBOL: 0}).items())
    (folder / "phones").mkdir(parents=True, exist_ok=True)
    (folder / "HCLr.fst").write_bytes(look_ahead)
    (folder / "Gr.fst").write_bytes(free_speech)
    _write(folder / "words.txt", "".join(f"{word} {number}\n" for number, word in by_number))
    # Vosk wants the file; the graph has no disambiguation symbols, so a number above all transition-ids stands there.
    _write(folder / "disambig_tid.int", f"{2 * len(phones.names) + 1}\n")
    _write(folder / "phones.txt", phones.as_symbols())
    _write(folder / "phones" / "word_boundary.int", phones.as_word_boundaries())
    _write(folder / BIGRAMS_FILE, bigrams.as_text())
    _write(folder / OPTIONS_FILE, json.dumps(asdict(options), indent=1) + "\n")


def words_of_graph(folder: Path) -> tuple[str, ...]:
    """Return the words that a graph folder hears, in order of the alphabet.

    Raises:
        GraphError: its words.txt cannot be read.
    """
    try:
        lines = (folder / "words.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{folder / 'words.txt'}: cannot be read: {error}") from error
    symbols = (line.rpartition(" ")[0] for line in lines)
    return tuple(sorted(word for word in symbols if word and word[0] not in "<[#"))


def rebuild_graph(folder: Path, into: Path, lexicon: Lexicon, units: Units, more_words: tuple[str, ...]) -> None:
    """Build a graph folder anew with more words.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
        GraphError: the folder was not written by `build_graph`, or a word has no pronunciation.
    """
    try:
        options = GraphOptions(**json.loads((folder / OPTIONS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise GraphError(f"{folder / OPTIONS_FILE}: what the graph was built with cannot be read: {error}") from error
    words = dict.fromkeys((*words_of_graph(folder), *more_words))
    build_graph(into, lexicon.of_words(words), units, read_bigrams(folder / BIGRAMS_FILE), options)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
