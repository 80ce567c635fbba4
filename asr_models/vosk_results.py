"""What Vosk's JSON results say, as hypotheses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asr_models.phrase_grammar import UNKNOWN, Grammar
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


def partial_hypothesis(texts: Iterable[str], grammar: Grammar | None) -> Hypothesis:
    """Join the pieces so far; Vosk rates the words of finals only."""
    words = [word for text in texts for word in text.split()]
    return Hypothesis(" ".join(grammar.without_decoys(words) if grammar else words), 0.0, is_final=False)


def final_hypothesis(words: Sequence[ScoredWord], grammar: Grammar | None, *, min_word_confidence: float) -> Hypothesis:
    """Join words into the final hypothesis; doubtful words of a phrase list count as unknown speech.

    Vosk divides the confidence of a word among its forms in the list: a clear «оператор» beside three of its forms got
    0.28. So each is given back what its forms took.
    """
    scores = [min(1.0, word.confidence * grammar.forms_of(word.word)) if grammar else word.confidence for word in words]
    texts = [word.word if score >= min_word_confidence else UNKNOWN for word, score in zip(words, scores, strict=True)]
    confidence = sum(scores) / len(scores) if scores else 0.0
    return Hypothesis(" ".join(grammar.without_decoys(texts) if grammar else texts), confidence, is_final=True)
