"""What real people say in the bench: their words as recorded, and strings of digits spliced from them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from bench.asr.channel import decoded_files
from bench.asr.questions import REJECTED, BenchQuestion
from bench.asr.voices import SOURCE_RATE_HZ, Samples
from bench.human_recordings import HumanRecording, Kind, fetched
from dialogs.grammar.number_words import number_word
from dialogs.grammar.words import words

_DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_STRINGS_PER_PERSON = 90
_FILES_AT_ONCE = 40
_SHARE_OF_OUTSIDE = 0.3
_TRIM = 0.01


@dataclass(frozen=True, slots=True)
class HumanUtterance:
    """A recording, or several joined, with what should be understood."""

    id: str
    set: str
    question: str
    voice: str
    text: str
    meaning: str
    parts: tuple[str | float, ...]  # files, and seconds of silence between them
    must_be_rejected: bool = False


def human_questions(questions: Mapping[str, BenchQuestion]) -> Mapping[str, BenchQuestion]:
    """Return further questions: numbers judged by their words, strings of digits of any length, and words of dates."""
    card, date = questions["card"], questions["birth_date"]
    assert card.question is not None
    string = replace(card.question, digit_lengths=tuple(range(2, 8)), digit_prefixes=(), digit_check="none")
    return {
        "number_words": WordQuestion("number_words", card.question, card.slot),
        "date_words": DateWordQuestion("date_words", date.question, date.slot),
        "digit_string": replace(card, name="digit_string", question=string),
    }


class WordQuestion(BenchQuestion):
    """A question with a phrase list whose answer is judged by its words."""

    def meaning(self, text: str, alternatives: tuple[str, ...] = ()) -> str:
        """Return the words themselves."""
        return BenchQuestion(self.name, None).meaning(text)


class DateWordQuestion(WordQuestion):
    """A question with dates' phrase list; «десятая» and «десятое» are the same day."""

    def meaning(self, text: str, alternatives: tuple[str, ...] = ()) -> str:
        """Return the words, ordinals as numbers."""
        return date_words(text)


def date_words(text: str) -> str:
    """Return words with ordinals as numbers."""
    numbers = [(word, number_word(word)) for word in words(text)]
    return " ".join(f"{number.value}." if number is not None and number.ordinal else word for word, number in numbers)


def human_utterances(tell: Callable[[str], object]) -> tuple[list[HumanUtterance], dict[str, str]]:
    """Return what the recordings that can be had make, as utterances, and the packages' versions."""
    recordings, versions = fetched(tell)
    return [*_words(recordings), *_spliced(recordings)], versions


def read_clips(people: Sequence[HumanUtterance], told: Callable[[int, int], object]) -> list[Samples]:
    """Read and join the recordings, at 16 kHz; `told` hears how many files of how many are read."""
    files = list(dict.fromkeys(part for human in people for part in human.parts if isinstance(part, str)))
    read: dict[str, Samples] = {}
    for place in range(0, len(files), _FILES_AT_ONCE):
        some = files[place : place + _FILES_AT_ONCE]
        read |= zip(some, map(_trimmed, decoded_files(some)), strict=True)
        told(len(read), len(files))
    return [
        np.concatenate([read[part] if isinstance(part, str) else _silence(part) for part in human.parts])
        for human in people
    ]


def _words(recordings: Sequence[tuple[HumanRecording, Path]]) -> Iterator[HumanUtterance]:
    for recording, file in recordings:
        if recording.kind is Kind.OUTSIDE and not _is_chosen(recording.path):
            continue
        id = f"{recording.package}:{Path(recording.path).stem}:{recording.path}"
        match recording.kind:
            case Kind.DIGIT | Kind.NUMBER:
                kind, question, meaning = "human_number", "number_words", recording.text
            case Kind.MONTH | Kind.ORDINAL:
                kind, question, meaning = "human_date_word", "date_words", date_words(recording.text)
            case Kind.YES_NO:
                kind, question, meaning = "human_yes_no", "yes_no", str(recording.text == "да")
            case Kind.WORD:
                kind, question, meaning = "human_word", "open", recording.text
            case Kind.OUTSIDE:
                kind, question, meaning = "human_outside", "yes_no", REJECTED
        yield HumanUtterance(
            id,
            kind,
            question,
            recording.speaker,
            recording.text,
            meaning.replace("ё", "е"),
            (str(file),),
            must_be_rejected=recording.kind is Kind.OUTSIDE,
        )


def _spliced(recordings: Sequence[tuple[HumanRecording, Path]]) -> Iterator[HumanUtterance]:
    people: dict[str, dict[str, str]] = defaultdict(dict)
    for recording, file in recordings:
        if recording.kind is Kind.DIGIT:
            people[recording.speaker].setdefault(recording.text, str(file))
    for speaker, files in people.items():
        random = Random(f"spliced {speaker}")
        known = [digit for digit in _DIGITS if digit in files]
        for place in range(_STRINGS_PER_PERSON):
            words = random.choices(known, k=random.randint(2, 7))
            slow = place % 3 == 2
            parts: list[str | float] = []
            for word in words:
                gap = random.uniform(0.3, 1.2) if slow else random.uniform(0.025, 0.2)
                parts += [files[word], round(gap, 3)]
            digits = "".join(str(_DIGITS.index(word)) for word in words)
            yield HumanUtterance(
                f"spliced-{speaker}-{place}",
                "human_spliced_slow" if slow else "human_spliced",
                "digit_string",
                speaker,
                " ".join(words),
                digits,
                tuple(parts[:-1]),
            )


def _is_chosen(path: str) -> bool:
    """Take some of the many recordings of speech beside the point: more than a figure needs would only take time."""
    return hashlib.sha256(path.encode()).digest()[0] < 256 * _SHARE_OF_OUTSIDE


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SOURCE_RATE_HZ), dtype=np.float32)


def _trimmed(samples: Samples) -> Samples:
    loud = np.nonzero(np.abs(samples) > _TRIM * np.abs(samples).max(initial=1e-9))[0]
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
