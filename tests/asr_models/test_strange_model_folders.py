from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from asr_models.graph_file import GraphDamaged, check_graph, graph_words
from asr_models.model_folder import check_model_folder, model_words
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_engine import VoskRecogniser
from tests.asr_models.model_samples import foreign_model, static_model, words_inside_the_graph
from tests.asr_models.test_model_folder import NEEDED, TRIAL_LIMIT_SECONDS, refusal

HUGE = 2**31 - 1


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Return a sound model as others give it."""
    return foreign_model(tmp_path / "models" / "foreign")


@pytest.mark.parametrize("name", NEEDED)
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(foreign: Path, name: str) -> None:
    (foreign / name).unlink()
    os.mkfifo(foreign / name)

    assert f"{name}: neither a file nor a folder" in refusal(foreign)


def test_a_pipe_beside_what_is_needed_is_refused_too(foreign: Path) -> None:
    (foreign / "ivector").mkdir()
    os.mkfifo(foreign / "ivector" / "final.ie")

    assert "final.ie" in refusal(foreign)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "../../elsewhere"])
def test_a_link_to_outside_is_refused(foreign: Path, target: str) -> None:
    (foreign.parent.parent / "elsewhere").write_bytes((foreign / "am" / "final.mdl").read_bytes())
    (foreign / "am" / "final.mdl").unlink()
    (foreign / "am" / "final.mdl").symlink_to(Path("..") / target)

    assert "final.mdl: a link" in refusal(foreign)


def test_layers_may_be_linked_from_a_sister(foreign: Path) -> None:
    sister = foreign_model(foreign.parent / "sister")
    for file in (sister / "am").iterdir():
        file.unlink()
    (sister / "am").rmdir()
    (sister / "am").symlink_to("../foreign/am")

    assert check_model_folder(sister, trial_limit_seconds=TRIAL_LIMIT_SECONDS).takes_phrase_lists


@pytest.mark.parametrize("name", ["am/loop", "graph/loop"])
def test_links_in_a_loop_are_refused(foreign: Path, name: str) -> None:
    (foreign / name).symlink_to(".")

    assert "loop" in refusal(foreign)


def test_a_link_to_itself_is_refused(foreign: Path) -> None:
    (foreign / "am" / "final.mdl").unlink()
    (foreign / "am" / "final.mdl").symlink_to("final.mdl")

    assert "final.mdl: a link that leads nowhere" in refusal(foreign)


def test_a_folder_with_everything_in_it_is_no_model(tmp_path: Path) -> None:
    for number in range(1200):
        (tmp_path / f"{number}.txt").touch()

    assert "not a model folder" in refusal(tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(foreign: Path) -> None:
    (foreign / "graph" / "words.txt").unlink()
    (foreign / "graph" / "words.txt").mkdir()

    assert "words.txt" in refusal(foreign)


def test_a_file_that_may_not_be_read_or_is_too_long_is_refused(foreign: Path) -> None:
    os.truncate(foreign / "graph" / "words.txt", 2**34)  # takes no space on the disk

    assert "too long" in refusal(foreign)


def test_words_may_be_inside_the_graph_as_in_vosks_own_small_models(foreign: Path) -> None:
    words = model_words(foreign)
    model = words_inside_the_graph(foreign)

    assert model_words(model) == words
    assert check_model_folder(model, trial_limit_seconds=TRIAL_LIMIT_SECONDS).takes_phrase_lists


def test_a_graph_cut_among_its_words_is_refused(foreign: Path) -> None:
    graph = words_inside_the_graph(foreign) / "graph" / "Gr.fst"
    graph.write_bytes(graph.read_bytes()[:2000])

    assert "Gr.fst: truncated" in refusal(foreign)


def test_a_model_with_a_static_graph_is_taken_for_free_speech_only(tmp_path: Path) -> None:
    model = static_model(tmp_path / "static")

    assert not check_model_folder(model, trial_limit_seconds=TRIAL_LIMIT_SECONDS).takes_phrase_lists


def huge_matrix(content: bytes) -> bytes:
    place = content.index(b"FM \x04") + 4
    return content[:place] + struct.pack("<i", HUGE) + content[place + 4 :]


def huge_topology(content: bytes) -> bytes:
    """Ask for four gigabytes, in a place that only Vosk itself looks at."""
    place = content.index(b"<Topology> \x04") + len(b"<Topology> \x04")
    return content[:place] + struct.pack("<i", 2**30) + content[place + 4 :]


def huge_priors(content: bytes) -> bytes:
    place = content.rindex(b"<Priors> FV \x04") + len(b"<Priors> FV \x04")
    return content[:place] + struct.pack("<i", HUGE) + content[place + 4 :]


def weight_that_is_no_number(content: bytes) -> bytes:
    place = content.index(b"FM \x04") + 4 + 4 + 1 + 4
    return content[:place] + struct.pack("<f", float("nan")) + content[place + 4 :]


@pytest.mark.parametrize(
    "damage", [huge_matrix, huge_topology, huge_priors, weight_that_is_no_number], ids=lambda it: it.__name__
)
def test_absurd_numbers_in_the_acoustic_model_are_refused(foreign: Path, damage: Callable[[bytes], bytes]) -> None:
    file = foreign / "am" / "final.mdl"
    file.write_bytes(damage(file.read_bytes()))

    assert str(foreign) in refusal(foreign)


@pytest.mark.parametrize("place", [41, 45, 49, 53, 57, 61])  # start, states, arcs
@pytest.mark.parametrize("number", [-1, HUGE])
def test_absurd_numbers_in_a_graphs_header_are_refused(place: int, number: int) -> None:
    graph = (BUNDLED_MODEL_DIR / "graph" / "Gr.fst").read_bytes()
    damaged = graph[:place] + struct.pack("<i", number) + graph[place + 4 :]

    with pytest.raises(GraphDamaged):
        check_graph(damaged)


def test_an_arc_to_nowhere_is_refused() -> None:
    graph = bytearray((BUNDLED_MODEL_DIR / "graph" / "Gr.fst").read_bytes())
    graph[-4:] = struct.pack("<i", 10**6)

    with pytest.raises(GraphDamaged, match="leads nowhere"):
        check_graph(bytes(graph))


def test_a_graph_without_words_has_none() -> None:
    assert graph_words((BUNDLED_MODEL_DIR / "graph" / "Gr.fst").read_bytes()) is None


def test_a_worker_refuses_what_is_strange(foreign: Path) -> None:
    (foreign / "conf" / "model.conf").unlink()
    os.mkfifo(foreign / "conf" / "model.conf")

    with pytest.raises(ModelInvalid, match=r"model\.conf"):
        VoskRecogniser(HearingSettings(model_dir=foreign))
