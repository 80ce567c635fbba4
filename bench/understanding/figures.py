"""Figures of one engine on one set of phrases: how much it understands, and what its confidence is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dialogs.engine.wishes import PROPOSED_FROM, PROPOSED_MID_TASK_FROM, SURE, SURE_OF_YES
from dialogs.nlu.evaluation import Evaluation, Judged

BINS = 10
THRESHOLDS = (SURE, SURE_OF_YES)
PROPOSALS = (PROPOSED_FROM, PROPOSED_MID_TASK_FROM)
RANKED = 3


@dataclass(frozen=True, slots=True)
class Above:
    """Phrases whose likeliest intent is at least so confident."""

    confidence: float  # 0..1
    phrases: int
    right: int


def first(judged: Judged) -> tuple[str, float]:
    """Return the likeliest intent, as the dialogue's engine gets it: no threshold; nothing at all is no confidence."""
    ranking = judged.parsed.ranking
    return (ranking[0].intent, ranking[0].confidence) if ranking else ("", 0.0)


def is_first_right(judged: Judged) -> bool:
    """Say whether the likeliest intent is the one that was meant."""
    return first(judged)[0] == judged.example.intent


def above(evaluation: Evaluation, confidence: float) -> Above:
    """Count phrases that the dialogue acts on without asking, and those that it gets right."""
    acted = [each for each in evaluation.judged if first(each)[1] >= confidence]
    return Above(confidence, len(acted), sum(is_first_right(each) for each in acted))


def proposals(evaluation: Evaluation, least: float) -> tuple[int, int, float]:
    """Return phrases that are not acted on (`SURE`), those whose meaning is proposed, and proposals a phrase."""
    doubtful = [each for each in evaluation.judged if first(each)[1] < SURE]
    proposed = [[rank.intent for rank in each.parsed.ranking[:RANKED] if rank.confidence >= least] for each in doubtful]
    hit = sum(each.example.intent in intents for each, intents in zip(doubtful, proposed, strict=True))
    return len(doubtful), hit, sum(map(len, proposed)) / max(1, len(proposed))


def reliability(evaluation: Evaluation) -> Iterator[tuple[float, int, float]]:
    """Yield for each tenth of confidence: mean confidence, phrases, share right; empty tenths are left out."""
    for number in range(BINS):
        own = [each for each in evaluation.judged if min(BINS - 1, int(first(each)[1] * BINS)) == number]
        if own:
            yield (
                sum(first(each)[1] for each in own) / len(own),
                len(own),
                sum(is_first_right(each) for each in own) / len(own),
            )


def calibration_error(evaluation: Evaluation) -> float:
    """Return the expected calibration error, 0..1 (Naeini et al. 2015)."""
    total = len(evaluation.judged)
    return sum(count / total * abs(said - right) for said, count, right in reliability(evaluation))


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return all figures and every phrase that was misunderstood, for the results file."""
    return {
        "phrases": len(evaluation.judged),
        "accuracy": round(evaluation.accuracy, 4),
        "misled": round(evaluation.misled, 4),
        "accuracy_without_thresholds": round(above(evaluation, 0).right / len(evaluation.judged), 4),
        "calibration_error": round(calibration_error(evaluation), 4),
        "above": {str(at): [(row := above(evaluation, at)).phrases, row.right] for at in THRESHOLDS},
        "proposed": {str(least): [round(each, 3) for each in proposals(evaluation, least)] for least in PROPOSALS},
        "reliability": [[round(said, 3), count, round(right, 3)] for said, count, right in reliability(evaluation)],
        "by_intent": {intent: [count, right] for intent, count, right in evaluation.by_intent()},
        "confusions": evaluation.confusions(),
        "misunderstood": [_told(each) for each in evaluation.judged if not each.is_right],
    }


def _told(judged: Judged) -> str:
    ranking = ", ".join(f"{rank.intent} {rank.confidence:.3f}" for rank in judged.parsed.ranking[:RANKED])
    return f"{judged.example.text} | {judged.example.intent} -> {judged.got} | {ranking}"
