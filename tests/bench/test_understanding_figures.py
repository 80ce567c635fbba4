"""Figures of the bench of understanding, and what Rasa is given to learn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.understanding.figures import above, as_dict, calibration_error, proposals, reliability
from bench.understanding.page import publish
from bench.understanding.rasa_training import Job, rasa_task
from dialogs.engine.vocabulary import OUT_OF_SCOPE
from dialogs.nlu.evaluation import Evaluation, Judged, folds
from dialogs.nlu.port import Parsed, RankedIntent
from dialogs.nlu.training_data import Example, read_examples
from dialogs.reader.problems import Place

PLACE = Place("a.yml", 1)


def judged(meant: str, *ranking: tuple[str, float]) -> Judged:
    ranked = tuple(RankedIntent(intent, confidence) for intent, confidence in ranking)
    first = ranked[0] if ranked else None
    intent = first.intent if first is not None and first.intent != OUT_OF_SCOPE else None
    return Judged(
        Example("фраза", meant, PLACE), Parsed("фраза", intent, first.confidence if first else 0.0, (), ranked)
    )


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation(
        "rasa",
        (
            judged("balance", ("balance", 0.95), ("block_card", 0.05)),
            judged("balance", ("block_card", 0.85), ("balance", 0.15)),
            judged("block_card", ("balance", 0.5), ("block_card", 0.4)),
            judged(OUT_OF_SCOPE),
        ),
    )


def test_what_is_acted_on_is_counted_with_what_is_right(evaluation: Evaluation) -> None:
    row = above(evaluation, 0.6)
    assert (row.phrases, row.right) == (2, 1)


def test_a_doubtful_phrase_is_helped_when_its_meaning_is_proposed(evaluation: Evaluation) -> None:
    assert proposals(evaluation, 0.2) == (2, 1, 1.0)
    assert proposals(evaluation, 0.45) == (2, 0, 0.5)


def test_confidence_that_is_too_high_is_an_error_of_calibration(evaluation: Evaluation) -> None:
    assert [(count, right) for _, count, right in reliability(evaluation)] == [(1, 0.0), (1, 0.0), (1, 0.0), (1, 1.0)]
    assert calibration_error(evaluation) == pytest.approx((0 + 0.5 + 0.85 + 0.05) / 4)


def test_results_name_every_misunderstood_phrase(evaluation: Evaluation) -> None:
    told = json.loads(json.dumps(as_dict(evaluation)))
    assert told["misunderstood"] == [
        "фраза | balance -> block_card | block_card 0.850, balance 0.150",
        "фраза | block_card -> balance | balance 0.500, block_card 0.400",
    ]


def test_every_phrase_is_judged_once_by_who_did_not_learn_it() -> None:
    examples = [Example(f"фраза {number}", f"intent{number % 3}", PLACE) for number in range(60)]
    parts = list(folds(examples))
    assert sorted(each.text for _, unseen in parts for each in unseen) == sorted(each.text for each in examples)
    assert all(not {each.text for each in learnt} & {each.text for each in unseen} for learnt, unseen in parts)
    assert parts == list(folds(examples))


def test_rasa_gets_the_phrases_of_the_fold_and_the_epochs_that_were_asked_for(tmp_path: Path) -> None:
    dialogue = tmp_path / "dialogue"
    dialogue.mkdir()
    (dialogue / "config.yml").write_text("pipeline: [{name: WhitespaceTokenizer}, {name: DIETClassifier, epochs: 15}]")
    learnt = [Example("узнать баланс", "balance", PLACE), Example("да: верно", "affirm", PLACE)]
    task = rasa_task(tmp_path, dialogue, [Job(learnt, [Example("Баланс [unk]", "balance", PLACE)])], epochs=3)
    assert "epochs: 3" in Path(task["config"]).read_text()
    (job,) = task["jobs"]
    assert job["asked"] == ["баланс"]
    nlu = tmp_path / "data"
    nlu.mkdir()
    (nlu / "fold.yml").write_text(Path(job["nlu"]).read_text())
    assert {(each.text, each.intent) for each in read_examples(nlu)} == {(each.text, each.intent) for each in learnt}


def test_the_plot_is_drawn(tmp_path: Path, evaluation: Evaluation) -> None:
    assert publish({"rasa": {"test": evaluation}}, tmp_path).stat().st_size > 10_000
