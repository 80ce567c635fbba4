"""The published pages tell what was measured, reached or not."""

from __future__ import annotations

from pathlib import Path

from asr_models.port import FREE_SPEECH
from bench.asr import page as asr_page
from bench.asr.hearing import HeardTask, Machine, Task
from bench.asr.questions import bench_questions
from bench.asr.report import ModelReport, report, run_facts
from bench.asr.sets import Utterance
from bench.gap import page as gap_page
from bench.gap.callers import BARGE_IN, DICTATION, MENU, OPEN
from bench.gap.figures import GapFigures
from bench.gap.timing import Turn

QUESTIONS = bench_questions()


def heard(set_name: str, said: str, text: str, *, question: str = "yes_no", rejected: bool = False) -> HeardTask:
    meaning = "" if rejected else QUESTIONS[question].meaning(said)
    utterance = Utterance(f"{said}-{text}", set_name, "clean", question, "pavel", said, meaning, rejected, "", 0, 8000)
    return HeardTask(Task(utterance, False, FREE_SPEECH), text, (), 1.0, 0.02, 1.0, 0.5)


def judged(*tasks: HeardTask, model: str = "trial") -> ModelReport:
    return report(model, tasks, Machine(0.2, 100.0), QUESTIONS)


def test_an_answer_is_right_by_its_meaning_and_exact_by_its_words() -> None:
    row = judged(heard("yes_no", "да верно", "верно"), heard("yes_no", "нет", "да")).result("yes_no", "clean")
    assert row is not None
    assert (row.right.right, row.right.n, row.exact.right) == (1, 2, 0)
    assert row.wrong == [("pavel", "нет", "да")]


def test_unknown_speech_is_rejected_and_a_word_of_the_list_is_not() -> None:
    row = judged(
        heard("outside", "поезд ушёл", "[unk]", rejected=True), heard("outside", "пейзаж", "да", rejected=True)
    ).result("outside", "clean")
    assert row is not None
    assert (row.right.right, row.exact.right, row.right.n) == (1, 1, 2)


def test_costs_are_for_a_second_of_speech_and_of_the_call() -> None:
    measured = judged(heard("yes_no", "да", "да"))
    assert (round(measured.real_time_factor, 4), round(measured.line_factor, 4)) == (0.04, 0.02)


def test_what_is_beside_the_point_is_not_among_all_that_is_to_be_understood() -> None:
    measured = judged(heard("yes_no", "да", "да"), heard("outside", "поезд", "да", rejected=True))
    row = measured.result("all", "clean")
    assert row is not None
    assert (row.right.right, row.right.n) == (1, 1)


def test_the_page_of_hearing_compares_models_against_the_targets(tmp_path: Path) -> None:
    good = judged(heard("yes_no", "да", "да"), heard("human_yes_no", "нет", "нет"), model="good")
    bad = judged(heard("yes_no", "да", "нет"), heard("human_yes_no", "нет", "да"), model="bad")
    facts = run_facts("make bench-asr", {"voices": "voices_1.deb"}, 3600)
    written = asr_page.publish(facts, [good, bad], "asr-1.json", folder=tmp_path).read_text(encoding="utf-8")
    assert "`make bench-asr`" in written and "bench/results/asr-1.json" in written
    row = next(line for line in written.splitlines() if line.startswith("| yes and no (clean)"))
    assert "n = 1: yes" in row and "n = 1: **no**" in row
    assert {file.name for file in tmp_path.iterdir()} == {"asr.md", "asr-sets.png", "asr-lines.png", "asr-people.png"}


def test_the_page_of_gaps_tells_cut_numbers(tmp_path: Path) -> None:
    turns = [Turn(MENU, "", 0.3), Turn(OPEN, "", 0.8), Turn(BARGE_IN, "", 0.4, 0.1), Turn(DICTATION, "", cut=True)]
    facts = {"command": "make bench-gap", "date": "2026-01-01", "machine": {"cores": 2}}
    facts |= {"calls": 1, "in_crowd": 1, "at_once": 1}
    written = gap_page.publish(facts, GapFigures.of(turns), "gap-1.json", folder=tmp_path).read_text(encoding="utf-8")
    assert "**1 of 1 cut**" in written
    assert "| barge-in: prompt silent | 1 | 0.100 s | 0.100 s | 0.100 s | p95 ≤ 0.25 s | yes |" in written
    assert (tmp_path / "gap.png").stat().st_size > 1000
