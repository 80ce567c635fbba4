"""G: which word follows which in free speech, counted from sentences."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from asr_models.graphs.errors import GraphError
from asr_models.graphs.text_graph import TextGraph
from asr_models.graphs.word_graph import UNKNOWN

BEGIN = "<s>"
END = "</s>"
_UNSEEN_WEIGHT = 0.3  # of a word that stands in no sentence
_BACK_OFF_RANGE = (0.05, 0.6)


@dataclass(frozen=True, slots=True)
class Bigrams:
    """How often (weighted) a word came after another; `<s>` and `</s>` are the ends of a sentence."""

    counts: Mapping[tuple[str, str], float]

    def as_text(self) -> str:
        """Write the counts as the file they are read from, in order of the words."""
        return "".join(f"{first}\t{second}\t{count:.6g}\n" for (first, second), count in sorted(self.counts.items()))


def count_bigrams(sentences: Iterable[tuple[Sequence[str], float]]) -> Bigrams:
    """Count sentences, each with its weight."""
    counts: defaultdict[tuple[str, str], float] = defaultdict(float)
    for words, weight in sentences:
        for first, second in zip([BEGIN, *words], [*words, END], strict=True):
            counts[first, second] += weight
    return Bigrams(dict(counts))


def read_bigrams(file: Path) -> Bigrams:
    """Read counts as `Bigrams.as_text` writes them.

    Raises:
        GraphError: names the file and line and what is wrong with it.
    """
    counts: dict[tuple[str, str], float] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"{file}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            first, second, count = line.split("\t")
            counts[first, second] = float(count)
        except ValueError as error:
            raise GraphError(f"{file}:{number}: two words and a count are expected") from error
    return Bigrams(counts)


def bigram_graph(bigrams: Bigrams, word_ids: Mapping[str, int], *, unknown_share: float) -> TextGraph:
    """Build the acceptor of all these words: seen pairs straight, any other through a back-off without a label.

    Words of the counts that the graph lacks count as [unk]. How much is left to the back-off follows Witten and Bell.
    """
    followers, alone = _of_known_words(bigrams, word_ids)
    total = sum(alone.values())
    alone[UNKNOWN] = alone.get(UNKNOWN, 0.0) + unknown_share * total
    total += unknown_share * total
    graph = TextGraph()
    start, back_off = graph.state(), graph.state()
    states = {BEGIN: start} | {word: graph.state() for word in sorted(followers) if word != BEGIN}
    for history, state in states.items():
        seen = followers.get(history, {})
        lowest, highest = _BACK_OFF_RANGE
        left = min(highest, max(lowest, len(seen) / (len(seen) + sum(seen.values())))) if seen else 1.0
        for word, count in sorted(seen.items()):
            cost = -math.log((1 - left) * count / sum(seen.values()))
            _step(graph, state, word, word_ids, states, cost)
        graph.arc(state, back_off, cost=-math.log(left))
    for word, count in sorted(alone.items()):
        _step(graph, back_off, word, word_ids, states, -math.log(count / total))
    return graph


def _of_known_words(
    bigrams: Bigrams, word_ids: Mapping[str, int]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    followers: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    alone: defaultdict[str, float] = defaultdict(float)
    for (first, second), count in bigrams.counts.items():
        history = first if first == BEGIN or first in word_ids else UNKNOWN
        word = second if second == END or second in word_ids else UNKNOWN
        followers[history][word] += count
        alone[word] += count
    for word in word_ids:
        if alone[word] <= 0 and word != UNKNOWN:
            alone[word] = _UNSEEN_WEIGHT
    alone[END] = max(alone[END], _UNSEEN_WEIGHT)
    return {history: dict(counts) for history, counts in followers.items()}, dict(alone)


def _step(
    graph: TextGraph, state: int, word: str, word_ids: Mapping[str, int], states: Mapping[str, int], cost: float
) -> None:
    if word == END:
        graph.final_costs[state] = cost
    else:
        graph.arc(state, states.get(word, 1), word_ids[word], word_ids[word], cost)
