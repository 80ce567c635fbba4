"""HCL: from the net's frames to words, any word after any, with silence between them where the caller pauses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asr_models.graphs.lexicon import ACCENTS, Lexicon, read_lexicon
from asr_models.graphs.phone_table import PhoneTable, phone_table, placed
from asr_models.graphs.text_graph import EPSILON, TextGraph
from asr_models.graphs.units import GARBAGE, SILENCE, Units

UNKNOWN = "[unk]"


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """What a graph costs beside its sounds, in natural logarithms."""

    word_penalty: float = 0.0  # of every word: slow, emphatic digits bring insertions
    unknown_cost: float = 2.0  # of [unk]
    silence_probability: float = 0.5  # after a word and at the beginning
    unknown_share: float = 0.001  # of [unk] among the words of free speech
    core_words_share: bool = False  # core words may be said with the phones of all words, too, and with an accent


@dataclass(slots=True)
class _Branch:
    """A node of the prefix tree of pronunciations."""

    followers: dict[str, _Branch] = field(default_factory=dict)  # by phone
    ends: dict[str, float] = field(default_factory=dict)  # words that are complete here, with the cost of saying so
    words: set[str] = field(default_factory=set)  # that can still be reached


def word_graph(lexicon: Lexicon, units: Units, word_ids: Mapping[str, int], options: GraphOptions) -> TextGraph:
    """Build the graph of all words of a lexicon and [unk].

    A phone is entered by one transition-id and lasts by another, the order that Kaldi calls reordered. A word is told
    as soon as the phones leave no other. [unk] is three garbage frames or more: a loop of all phones in its place
    would never let Vosk determinise a lattice in time.

    Raises:
        GraphError: a pronunciation needs units that the inventory lacks.
    """
    graph = TextGraph()
    phones = phone_table(units)
    start, hub, word_end, silence = graph.state(), graph.state(), graph.state(), graph.state()
    graph.final_costs[hub] = 0.0
    for source in (start, word_end):
        graph.arc(source, hub, cost=-math.log(1 - options.silence_probability))
        graph.arc(source, silence, phones.entry(SILENCE), cost=-math.log(options.silence_probability))
    graph.arc(silence, silence, phones.loop(SILENCE))
    graph.arc(silence, hub)
    tree = _tree(lexicon, units, core_words_share=options.core_words_share)
    _grow(graph, tree, hub, word_end, phones, word_ids, told=False, cost=options.word_penalty)
    first, middle, last = graph.state(), graph.state(), graph.state()
    graph.arc(hub, first, phones.entry(f"{GARBAGE}_B"), word_ids[UNKNOWN], options.unknown_cost)
    graph.arc(first, middle, phones.entry(f"{GARBAGE}_I"))
    graph.arc(middle, middle, phones.loop(f"{GARBAGE}_I"))
    graph.arc(middle, last, phones.entry(f"{GARBAGE}_E"))
    graph.arc(last, word_end)
    return graph


def _tree(lexicon: Lexicon, units: Units, *, core_words_share: bool) -> _Branch:
    tree = _Branch()
    accents = read_lexicon(ACCENTS) if core_words_share else {}
    for word, pronunciations in lexicon.items():
        for said in pronunciations:
            _add(tree, word, placed(units.names_of_word(word, said.phones)), said.cost)
        if core_words_share and word in units.core_words:
            for said in (*pronunciations, *accents.get(word, ())):
                _add(tree, word, placed(said.phones), said.cost)
    return tree


def _add(tree: _Branch, word: str, phones: Iterable[str], cost: float) -> None:
    branch = tree
    for phone in phones:
        branch = branch.followers.setdefault(phone, _Branch())
        branch.words.add(word)
    branch.ends[word] = min(cost, branch.ends.get(word, math.inf))


def _grow(
    graph: TextGraph,
    branch: _Branch,
    state: int,
    word_end: int,
    phones: PhoneTable,
    word_ids: Mapping[str, int],
    *,
    told: bool,
    cost: float,
) -> None:
    for phone, follower in branch.followers.items():
        telling = not told and len(follower.words) == 1
        output = word_ids[next(iter(follower.words))] if telling else EPSILON
        following = graph.state()
        graph.arc(state, following, phones.entry(phone), output, cost)
        graph.arc(following, following, phones.loop(phone))
        for word, cost_of_saying in follower.ends.items():
            graph.arc(following, word_end, EPSILON, EPSILON if told or telling else word_ids[word], cost_of_saying)
        _grow(graph, follower, following, word_end, phones, word_ids, told=told or telling, cost=0.0)
