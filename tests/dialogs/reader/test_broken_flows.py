"""What an author is told of each kind of fault: file, line, what is wrong, and how to mend it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs.reader import FlowErrors, FlowProblem, load_bundle

BROKEN = Path(__file__).parents[1] / "broken"
CASES = yaml.safe_load((BROKEN / "cases.yml").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BROKEN / "base", tmp_path / "dialogue"))


def spoil(folder: Path, case: dict[str, Any]) -> None:
    path = folder / case["in"]
    if case.get("delete"):
        path.unlink()
    elif "bytes" in case:
        path.write_bytes(bytes.fromhex(case["bytes"]))
    elif "text" in case:
        path.parent.mkdir(exist_ok=True)
        path.write_text(case["text"])
    else:
        whole = path.read_text()
        assert whole.count(case["instead_of"]) >= 1, "the case does not fit the base"
        path.write_text(whole.replace(case["instead_of"], case["write"], 1))


def problems_of(folder: Path) -> tuple[FlowProblem, ...]:
    with pytest.raises(FlowErrors) as caught:
        load_bundle(folder)
    return caught.value.problems


def test_the_base_is_sound(folder: Path) -> None:
    assert set(load_bundle(folder).flows) >= {"pattern_session_start", "pattern_completed"}


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_fault_is_told_with_its_place_and_a_way_out(case: dict[str, Any], folder: Path) -> None:
    spoil(folder, case)
    problems = problems_of(folder)
    told = "\n".join(map(str, problems))
    place = (case.get("at", case["in"]), case["line"])
    fitting = [problem for problem in problems if case["says"] in problem.message.replace(",", "")]
    assert fitting, told
    assert place in [(problem.file, problem.line) for problem in fitting], told
    advice = " ".join(problem.advice for problem in fitting).lower().replace(",", "")
    assert case["advises"].lower().replace(",", "") in advice, told


def test_faults_of_all_files_are_told_at_once_in_order(folder: Path) -> None:
    for name in ("unknown response", "unknown type of slot", "unknown spoken form", "unknown flow"):
        spoil(folder, next(case for case in CASES if case["case"] == name))
    problems = problems_of(folder)
    assert {problem.file for problem in problems} == {
        "domain/responses.yml",
        "domain/slots.yml",
        "flows/patterns.yml",
        "flows/shop.yml",
    }
    assert list(problems) == sorted(problems)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_a_file_of_nothing_but_beginnings_is_told(folder: Path, opening: str) -> None:
    (folder / "domain" / "slots.yml").write_text("slots:\n  " + 100_000 * opening)
    assert "domain/slots.yml" in [problem.file for problem in problems_of(folder)]


def test_a_problem_reads_as_one_line() -> None:
    problem = FlowProblem("flows/shop.yml", 6, "нет слота «whish»", "Возможно, вы имели в виду «wish»")
    assert str(problem) == "flows/shop.yml:6: нет слота «whish». Возможно, вы имели в виду «wish»"


FILES = sorted(path.relative_to(BROKEN / "base") for path in (BROKEN / "base").rglob("*.yml"))


@given(data=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_to_a_file_makes_the_reader_break_down(data: st.DataObject, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("damaged") / "dialogue"
    shutil.copytree(BROKEN / "base", folder)
    path = folder / data.draw(st.sampled_from(FILES))
    text = path.read_text()
    at = data.draw(st.integers(0, len(text)))
    until = data.draw(st.integers(at, min(len(text), at + 30)))
    junk = data.draw(
        st.sampled_from(["", " ", "\n", ":", "- ", "[", "{", "x: ", "&a ", "*a", "!!int ", "'", "\x00", "0"])
    )
    path.write_text(text[:at] + junk + text[until:])
    try:
        load_bundle(folder)
    except FlowErrors as errors:
        assert errors.problems
        assert all(problem.line >= 1 and problem.message and problem.advice for problem in errors.problems)
