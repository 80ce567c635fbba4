from __future__ import annotations

from pathlib import Path

import pytest

from asr_models.graph_file import check_graph
from asr_models.graphs import fst_tools
from asr_models.graphs.bigrams import count_bigrams
from asr_models.graphs.build import build_graph, words_of_graph
from asr_models.graphs.errors import GraphError, ToolsMissing
from asr_models.graphs.lexicon import Lexicon, Pronunciation
from asr_models.graphs.phone_table import phone_table
from asr_models.graphs.units import Units
from tests.asr_models.graphs.conftest import SENTENCES, WORDS


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, lexicon: Lexicon, units: Units) -> None:
    backwards = Lexicon(dict(reversed(list(lexicon.items()))))
    build_graph(tmp_path / "one", lexicon, units, count_bigrams(SENTENCES))
    build_graph(tmp_path / "two", lexicon, units, count_bigrams(SENTENCES))
    build_graph(tmp_path / "three", backwards, units, count_bigrams(reversed(SENTENCES)))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two") == files_of(tmp_path / "three")


def test_a_graph_folder_holds_what_vosk_reads(model: Path, units: Units) -> None:
    graph = model / "phrases" / "graph"
    for name in ("HCLr.fst", "Gr.fst"):
        check_graph((graph / name).read_bytes())
    assert words_of_graph(graph) == tuple(sorted(WORDS))
    numbers = [int(line.rpartition(" ")[2]) for line in (graph / "words.txt").read_text().splitlines()]
    assert len(set(numbers)) == len(numbers) == len(WORDS) + 2  # <eps>, [unk]
    phones = phone_table(units)
    assert int((graph / "disambig_tid.int").read_text()) > max(phones.entry(name) for name in phones.names)
    boundaries = (graph / "phones" / "word_boundary.int").read_text().splitlines()
    assert boundaries[:2] == ["1 nonword", "2 begin"]
    assert len(boundaries) == len(phones.names)


def test_a_word_whose_sounds_the_model_lacks_is_refused(tmp_path: Path, units: Units) -> None:
    with pytest.raises(GraphError, match="q"):
        build_graph(tmp_path, Lexicon({"ква": [Pronunciation(("q", "a"))]}), units, count_bigrams([]))


def test_missing_programs_are_told_with_the_command_that_installs_them(
    tmp_path: Path, lexicon: Lexicon, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolsMissing, match=r"fstcompile.*apt-get install libfst-tools"):
        build_graph(tmp_path / "graph", lexicon, units, count_bigrams([]))


def test_a_graph_that_openfst_refuses_is_an_error_with_its_words() -> None:
    with pytest.raises(GraphError, match="fstcompile"):
        fst_tools.compile_const("this is no graph\n")
