from __future__ import annotations

import heapq
import math
from collections import defaultdict

import pytest

from asr_models.graphs.lexicon import ACCENTS, Lexicon, Pronunciation, read_lexicon
from asr_models.graphs.phone_table import PhoneTable, phone_table, placed
from asr_models.graphs.text_graph import Arc, TextGraph
from asr_models.graphs.units import core_words, inventory
from asr_models.graphs.word_graph import GraphOptions, word_graph

SAID = {
    "да": [("d a", 0.0)],
    "дата": [("d a t @", 0.0)],
    "два": [("d v a", 0.0)],
    "семь": [("s' e m'", 0.0)],
    "что": [("sh t o", 0.0), ("ch o", 1.5)],
    "все": [("f s' e", 0.0), ("f s' o", 1.0)],
    "всё": [("f s' o", 0.0)],
}
LEXICON = Lexicon(
    {word: [Pronunciation(tuple(text.split()), cost) for text, cost in said] for word, said in SAID.items()}
)
UNITS = inventory(("два", "семь"), LEXICON)
PHONES: PhoneTable = phone_table(UNITS)
WORDS = {word: number for number, word in enumerate(["[unk]", *LEXICON], start=1)}


def heard(frames: list[str], options: GraphOptions | None = None) -> dict[tuple[str, ...], float]:
    """Return every reading of a row of phones, each held for two frames, with its cost."""
    names = {number: word for word, number in WORDS.items()}
    graph = word_graph(LEXICON, UNITS, WORDS, options or GraphOptions(silence_probability=0.5))
    inputs = [label for phone in frames for label in (PHONES.entry(phone), PHONES.loop(phone))]
    leaving: defaultdict[int, list[Arc]] = defaultdict(list)
    for arc in graph.arcs:
        leaving[arc.source].append(arc)
    found: dict[tuple[str, ...], float] = {}
    waiting: list[tuple[float, int, int, tuple[str, ...]]] = [(0.0, 0, 0, ())]
    while waiting:
        cost, state, place, words = heapq.heappop(waiting)
        if place == len(inputs) and state in graph.final_costs:
            found.setdefault(words, cost)
        for arc in leaving[state]:
            said = (*words, names[arc.output]) if arc.output else words
            if not arc.input:
                heapq.heappush(waiting, (cost + arc.cost, arc.target, place, said))
            elif place < len(inputs) and arc.input == inputs[place]:
                heapq.heappush(waiting, (cost + arc.cost, arc.target, place + 1, said))
    return found


def say(*words: str) -> list[str]:
    return [phone for word in words for phone in placed(word.split())]


NO_SILENCE = -math.log(0.5)


def test_words_are_told_apart_even_when_one_begins_the_other() -> None:
    assert heard(say("d a")) == {("да",): pytest.approx(2 * NO_SILENCE)}
    assert list(heard(say("d a t @"))) == [("дата",)]


def test_words_follow_one_another_with_and_without_a_pause() -> None:
    assert list(heard(say("d a", "d a t @"))) == [("да", "дата")]
    assert list(heard(["SIL", *say("d a"), "SIL", *say("d a t @"), "SIL"])) == [("да", "дата")]


def test_a_core_word_is_heard_by_its_own_units_only() -> None:
    assert list(heard(say("d@два v@два a@два"))) == [("два",)]
    assert heard(say("d v a")) == {}


def test_core_words_may_share_the_phones_of_all_words() -> None:
    options = GraphOptions(core_words_share=True)
    own, shared = heard(say("d@два v@два a@два"), options), heard(say("d v a"), options)
    assert list(own) == list(shared) == [("два",)]
    assert shared[("два",)] == pytest.approx(own[("два",)])
    assert heard(say("d@два v a"), options) == {}


def test_core_words_that_share_phones_may_be_said_with_an_accent() -> None:
    options = GraphOptions(core_words_share=True)
    accented, careful = heard(say("s e m'"), options), heard(say("s' e m'"), options)
    assert accented[("семь",)] - careful[("семь",)] == pytest.approx(1.0)
    assert heard(say("s e m'")) == {}


def test_accents_are_of_core_words_and_in_phones_of_the_model() -> None:
    accents = read_lexicon(ACCENTS)
    assert set(accents) <= set(core_words())
    assert all(
        said.phones not in {usual.phones for usual in read_lexicon()[word]}
        for word in accents
        for said in accents[word]
    )


def test_a_rare_pronunciation_costs_what_the_lexicon_says() -> None:
    careful, quick = heard(say("sh t o")), heard(say("ch o"))
    assert quick[("что",)] - careful[("что",)] == pytest.approx(1.5)


def test_words_that_sound_the_same_are_both_heard() -> None:
    readings = heard(say("f s' o"))
    assert readings[("все",)] - readings[("всё",)] == pytest.approx(1.0)
    assert list(heard(say("f s' e"))) == [("все",)]


def test_each_word_pays_the_penalty_and_unknown_speech_its_own_cost() -> None:
    options = GraphOptions(word_penalty=1.5, unknown_cost=3.0)
    free = GraphOptions(unknown_cost=3.0)
    two_words = say("d a", "d a")
    assert heard(two_words, options)[("да", "да")] - heard(two_words, free)[("да", "да")] == pytest.approx(3.0)
    unknown = ["GBG_B", "GBG_I", "GBG_E"]
    graph = word_graph(LEXICON, UNITS, WORDS, options)
    (entry,) = [arc for arc in graph.arcs if arc.output == WORDS["[unk]"]]
    assert (entry.input, entry.cost) == (PHONES.entry(unknown[0]), 3.0)


def test_a_graph_is_written_from_its_start_state() -> None:
    graph = TextGraph()
    start, end = graph.state(), graph.state()
    graph.arc(end, end, 2, 0, 0.25)
    graph.arc(start, end, 1, 7)
    graph.final_costs[end] = 0.5
    assert graph.as_text() == "0 1 1 7 0.00000\n1 1 2 0 0.25000\n1 0.50000\n"
