"""What Vosk's JSON results say, as hypotheses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from asr_models.phrase_grammar import UNKNOWN
from asr_models.port import Hypothesis


@dataclass(frozen=True, slots=True)
class ScoredWord:
    """One word of a final result."""

    word: str
    confidence: float  # 0..1


def scored_words(result: str) -> tuple[ScoredWord, ...]:
    """Read a `Result()` or `FinalResult()` made with `SetWords(True)`."""
    return tuple(
        ScoredWord(entry["word"], min(max(float(entry["conf"]), 0.0), 1.0))
        for entry in json.loads(result).get("result", ())
    )


def partial_text(result: str) -> str:
    """Read a `PartialResult()`."""
    return str(json.loads(result).get("partial", ""))


def final_hypothesis(words: Iterable[ScoredWord], *, min_word_confidence: float) -> Hypothesis:
    """Join words into the final hypothesis; those below the bound count as unknown speech, runs of which are one."""
    texts: list[str] = []
    scores: list[float] = []
    for scored in words:
        text = scored.word if scored.confidence >= min_word_confidence else UNKNOWN
        scores.append(scored.confidence)
        if text != UNKNOWN or texts[-1:] != [UNKNOWN]:
            texts.append(text)
    confidence = sum(scores) / len(scores) if scores else 0.0
    return Hypothesis(" ".join(texts), confidence, is_final=True)
