"""What Vosk's JSON results say, as hypotheses: from Vosk in this process or from a vosk-server."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from asr_models.phrase_grammar import UNKNOWN, Grammar
from asr_models.port import Hypothesis

MAX_ALTERNATIVES = 16
"""Readings of a dictated number, the best one among them; of groups parted by Vosk itself the likeliest are joined.
With 8 every tenth card dictated into noise was lost whose right reading the 9th to 16th held."""


class ResultGarbled(ValueError):
    """A result is not what Vosk writes."""


@dataclass(frozen=True, slots=True)
class ScoredWord:
    """One word of a final result."""

    word: str
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a piece of speech."""

    words: tuple[str, ...]
    log_likelihood: float = 0.0  # of Vosk's lattice, acoustic scale included: comparable within a piece


class Transcript:
    """One utterance as Vosk tells it: the pieces that its own end-pointing cut, and what is being said now."""

    def __init__(self, grammar: Grammar | None, *, min_word_confidence: float) -> None:
        self._grammar = grammar
        self._min_word_confidence = min_word_confidence
        self._words: list[ScoredWord] = []
        self._pieces: list[tuple[Reading, ...]] = []  # with alternatives only

    def take(self, result: str) -> None:
        """Take a `Result()` or `FinalResult()`, made with words or with alternatives.

        Raises:
            ResultGarbled
        """
        self._take(_content(result))

    def partial(self, result: str) -> Hypothesis:
        """Take a `PartialResult()`; return the reading so far. Vosk rates the words of finals only.

        Raises:
            ResultGarbled
        """
        return self._so_far(_content(result).get("partial", ""))

    def take_answer(self, answer: str) -> Hypothesis:
        """Take what a server answers to a piece of audio, a partial or a whole result; return the reading so far.

        Raises:
            ResultGarbled
        """
        content = _content(answer)
        if "partial" in content:
            return self._so_far(content["partial"])
        self._take(content)
        return self._so_far("")

    def _take(self, content: dict[str, Any]) -> None:
        try:
            if "alternatives" in content:
                readings = tuple(
                    Reading(tuple(str(entry["text"]).split()), _finite(entry["confidence"]))
                    for entry in content["alternatives"]
                )
                self._words += scored_by_agreement(readings)
                self._pieces.append(readings)
            elif "result" in content:
                self._words += [
                    ScoredWord(str(entry["word"]), min(max(_finite(entry["conf"]), 0.0), 1.0))
                    for entry in content["result"]
                ]
            else:  # nothing was said, or a server was told not to give words
                self._words += [ScoredWord(word, 1.0) for word in str(content["text"]).split()]
        except (KeyError, TypeError, ValueError) as error:
            raise ResultGarbled(f"not a result of Vosk: {error!r}") from error

    def _so_far(self, partial: object) -> Hypothesis:
        if not isinstance(partial, str):
            raise ResultGarbled("not a partial result of Vosk")
        words = [*(scored.word for scored in self._words), *partial.split()]
        return Hypothesis(" ".join(self._without_decoys(words)), 0.0, is_final=False)

    def final(self) -> Hypothesis:
        """Return the final reading of all that was taken; doubtful words of a phrase list count as unknown speech.

        Vosk divides the confidence of a word among its forms in the list: a clear «оператор» beside three of its forms
        got 0.28. So each is given back what its forms took.
        """
        grammar = self._grammar
        scores = [
            min(1.0, scored.confidence * grammar.forms_of(scored.word)) if grammar else scored.confidence
            for scored in self._words
        ]
        least = 0.0 if self._pieces else self._min_word_confidence
        words = [scored.word if score >= least else UNKNOWN for scored, score in zip(self._words, scores, strict=True)]
        confidence = sum(scores) / len(scores) if scores else 0.0
        text = " ".join(self._without_decoys(words))
        others = self._alternatives(text)
        return Hypothesis(text, confidence, is_final=True, alternatives=tuple(others), behind=tuple(others.values()))

    def _alternatives(self, best: str) -> dict[str, float]:
        """Join the readings of all pieces, likeliest first; those that differ in unknown speech only are one.

        Each comes with what it is behind the likeliest.
        """
        joined: list[tuple[tuple[str, ...], float]] = [((), 0.0)]
        for piece in self._pieces:
            longer = [
                (words + reading.words, score + reading.log_likelihood) for words, score in joined for reading in piece
            ]
            joined = heapq.nlargest(MAX_ALTERNATIVES, longer, key=lambda entry: entry[1])
        texts = {_known(best): (best, 0.0)}
        for words, score in joined:
            text = " ".join(self._without_decoys(words))
            if _known(text):
                texts.setdefault(_known(text), (text, joined[0][1] - score))
        return dict(list(texts.values())[1:])

    def _without_decoys(self, words: Sequence[str]) -> Sequence[str]:
        return self._grammar.without_decoys(words) if self._grammar else words


def scored_by_agreement(readings: Sequence[Reading]) -> list[ScoredWord]:
    """Rate the words of the best reading by the share of all readings that have them in their place."""
    if not readings:
        return []
    best = max(readings, key=lambda reading: reading.log_likelihood)
    shares = [math.exp(reading.log_likelihood - best.log_likelihood) for reading in readings]
    agreed = [0.0] * len(best.words)
    for reading, share in zip(readings, shares, strict=True):
        for start, _, length in SequenceMatcher(None, best.words, reading.words, autojunk=False).get_matching_blocks():
            for place in range(start, start + length):
                agreed[place] += share
    return [ScoredWord(word, share / sum(shares)) for word, share in zip(best.words, agreed, strict=True)]


def _known(text: str) -> str:
    return " ".join(word for word in text.split() if word != UNKNOWN)


def _finite(value: float | str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"not a finite number: {value}")
    return number


def _content(result: str) -> dict[str, Any]:
    try:
        content = json.loads(result)
    except (ValueError, RecursionError) as error:
        raise ResultGarbled(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ResultGarbled("not a JSON object")
    return content
