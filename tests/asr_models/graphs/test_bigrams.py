from __future__ import annotations

import math
from pathlib import Path

import pytest

from asr_models.graphs.bigrams import Bigrams, bigram_graph, count_bigrams, read_bigrams
from asr_models.graphs.errors import GraphError
from asr_models.graphs.text_graph import TextGraph

WORDS = {"[unk]": 1, "узнать": 2, "баланс": 3, "карты": 4, "нет": 5}
SENTENCES = [(["узнать", "баланс"], 3.0), (["баланс", "карты"], 1.0), (["узнать", "эквайринг"], 1.0)]


def graph_of(bigrams: Bigrams) -> TextGraph:
    return bigram_graph(bigrams, WORDS, unknown_share=0.01)


def cost_of(graph: TextGraph, *words: str) -> float:
    """Return the least cost of a sentence."""
    places = {0: 0.0}
    for word in (*words, None):
        closed = dict(places)
        for arc in graph.arcs:  # one back-off at most, it leads to state 1
            if arc.input == 0 and arc.source in places:
                closed[arc.target] = min(closed.get(arc.target, math.inf), places[arc.source] + arc.cost)
        if word is None:
            return min(cost + graph.final_costs.get(state, math.inf) for state, cost in closed.items())
        places = {}
        for arc in graph.arcs:
            if arc.input == WORDS[word] and arc.source in closed:
                places[arc.target] = min(places.get(arc.target, math.inf), closed[arc.source] + arc.cost)
    raise AssertionError


def test_what_was_said_often_is_likelier() -> None:
    graph = graph_of(count_bigrams(SENTENCES))
    assert cost_of(graph, "узнать", "баланс") < cost_of(graph, "узнать", "карты")
    assert cost_of(graph, "баланс", "карты") < cost_of(graph, "карты", "баланс")


def test_any_word_may_follow_any_other() -> None:
    graph = graph_of(count_bigrams(SENTENCES))
    assert cost_of(graph, "нет", "нет", "карты", "[unk]") < math.inf


@pytest.mark.parametrize("sentences", [SENTENCES, [], [(["узнать"], 0.5)]])
def test_what_may_follow_a_word_adds_up_to_certainty(sentences: list[tuple[list[str], float]]) -> None:
    graph = graph_of(count_bigrams(sentences))
    for state in range(graph.states):
        leaving = [arc.cost for arc in graph.arcs if arc.source == state]
        leaving += [graph.final_costs[state]] if state in graph.final_costs else []
        assert sum(math.exp(-cost) for cost in leaving) == pytest.approx(1.0)


def test_words_the_graph_lacks_count_as_unknown_speech() -> None:
    graph = graph_of(count_bigrams(SENTENCES))
    assert cost_of(graph, "узнать", "[unk]") < cost_of(graph, "карты", "[unk]")


def test_counts_read_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "bigrams.tsv"
    file.write_text(count_bigrams(SENTENCES).as_text(), encoding="utf-8")
    assert read_bigrams(file) == count_bigrams(SENTENCES)


@pytest.mark.parametrize("line", ["узнать баланс 3", "узнать\tбаланс", "узнать\tбаланс\tмного"])
def test_a_faulty_line_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bigrams.tsv"
    file.write_text(f"узнать\tбаланс\t3\n{line}\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"bigrams\.tsv:2: "):
        read_bigrams(file)
