"""Pictures of flows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from dialogs.commands import app
from dialogs.drawing.commands import pictures
from dialogs.drawing.graph import graph_of
from dialogs.drawing.svg import draw
from dialogs.engine.bundle import Bundle
from dialogs.reader import load_bundle

BASE = Path(__file__).parents[1] / "broken" / "base"
FOLDER = Path(__file__).parents[3] / "docs" / "flows"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def small() -> Bundle:
    return load_bundle(BASE)


def texts(picture: str) -> Iterator[str]:
    for element in ElementTree.fromstring(picture).iter(f"{SVG}text"):
        yield element.text or ""


def test_every_shipped_flow_is_drawn_and_every_step_named(bundle: Bundle) -> None:
    for flow in bundle.flows.values():
        titles = [text.rpartition(" · ")[2] for text in texts(draw(graph_of(bundle, flow)))]
        assert set(flow.steps) <= set(titles), flow.id
        assert titles[0] == flow.id


def test_conditions_stand_on_the_arrows_in_plain_words(small: Bundle) -> None:
    shown = list(texts(draw(graph_of(small, small.flows["places"]))))
    assert "outcome = found и closes" in shown  # wrapped
    assert "> 20" in shown
    assert "иначе" in shown


def test_a_question_tells_its_words_and_where_its_ladders_end(small: Bundle) -> None:
    shown = list(texts(draw(graph_of(small, small.flows["pattern_completed"]))))
    assert "«Что-нибудь ещё?»" in shown
    assert "молчание ×1 → bye" in shown
    assert "непонятно ×1 → оператор" in shown


def test_the_end_of_a_ladder_and_a_failure_are_dashed_arrows(small: Bundle) -> None:
    picture = ElementTree.fromstring(draw(graph_of(small, small.flows["pattern_completed"])))
    dashed = [path for path in picture.iter(f"{SVG}path") if path.get("stroke-dasharray")]
    assert len(dashed) == 2  # to the label and from it
    assert "молчание" in texts(draw(graph_of(small, small.flows["pattern_completed"])))


def test_kinds_of_steps_differ_in_colour(small: Bundle) -> None:
    picture = ElementTree.fromstring(draw(graph_of(small, small.flows["pattern_session_start"])))
    fills = {rect.get("fill") for rect in picture.iter(f"{SVG}rect")}
    assert len(fills) >= 5


def test_signs_in_texts_do_no_harm(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "dialogue"))
    responses = folder / "domain" / "responses.yml"
    responses.write_text(responses.read_text().replace("Назовите код.", "Код <&> \"'?"))
    bundle = load_bundle(folder)
    assert "«Код <&> \"'?»" in texts(draw(graph_of(bundle, bundle.flows["pattern_session_start"])))


def test_the_committed_pictures_are_current(bundle: Bundle) -> None:
    """Mend it by `yulia flows draw --out docs/flows` (and delete what is gone)."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == pictures(bundle)


def test_the_page_shows_every_flow(bundle: Bundle) -> None:
    page = pictures(bundle)["README.md"]
    assert all(f"]({flow}.svg)" in page for flow in bundle.flows)


def test_the_command_draws_one_flow_or_all(tmp_path: Path) -> None:
    runner = CliRunner()
    result = runner.invoke(app, ["draw", str(BASE), "--out", str(tmp_path / "one"), "--flow", "places"])
    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["places.svg"]
    assert runner.invoke(app, ["draw", str(BASE), "--out", str(tmp_path / "all")]).exit_code == 0
    assert {path.name for path in (tmp_path / "all").iterdir()} == set(pictures(load_bundle(BASE)))


def test_an_unknown_flow_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["draw", str(BASE), "--out", str(tmp_path), "--flow", "place"])
    assert result.exit_code == 1
    assert "Возможно, вы имели в виду «places»" in result.stderr
