"""What real people say in the bench: their words as recorded, and strings of digits spliced from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from bench.asr.channel import decoded_file
from bench.asr.questions import REJECTED, BenchQuestion
from bench.asr.voices import SOURCE_RATE_HZ, Samples
from bench.human_recordings import HumanRecording, Kind, fetched

_DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_STRINGS_PER_PERSON = 90
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
    clip: Samples  # at 16 kHz
    must_be_rejected: bool = False


def human_questions(questions: Mapping[str, BenchQuestion]) -> Mapping[str, BenchQuestion]:
    """Return further questions: numbers judged by their words, strings of digits of any length, and words of dates."""
    card, date = questions["card"], questions["birth_date"]
    assert card.question is not None
    string = replace(card.question, digit_lengths=tuple(range(2, 8)), digit_prefixes=(), digit_check="none")
    return {
        "number_words": WordQuestion("number_words", card.question, card.slot),
        "date_words": WordQuestion("date_words", date.question, date.slot),
        "digit_string": replace(card, name="digit_string", question=string),
    }


class WordQuestion(BenchQuestion):
    """A question with a phrase list whose answer is judged by its words."""

    def meaning(self, text: str, alternatives: tuple[str, ...] = ()) -> str:
        """Return the words themselves."""
        return BenchQuestion(self.name, None).meaning(text)


def human_utterances(tell: Callable[[str], object]) -> tuple[list[HumanUtterance], dict[str, str]]:
    """Read the recordings that can be had; return them as utterances, and the packages' versions."""
    recordings, versions = fetched(tell)
    with ThreadPoolExecutor(4) as threads:
        clips = list(threads.map(lambda pair: _trimmed(decoded_file(str(pair[1]))), recordings))
    pairs = [(recording, clip) for (recording, _), clip in zip(recordings, clips, strict=True) if len(clip)]
    return [*_words(pairs), *_spliced(pairs)], versions


def _words(pairs: list[tuple[HumanRecording, Samples]]) -> Iterator[HumanUtterance]:
    for recording, clip in pairs:
        id = f"{recording.package}:{Path(recording.path).stem}:{recording.path}"
        match recording.kind:
            case Kind.DIGIT | Kind.NUMBER:
                kind, question, meaning = "human_number", "number_words", recording.text
            case Kind.MONTH | Kind.ORDINAL:
                kind, question, meaning = "human_date_word", "date_words", recording.text
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
            clip,
            must_be_rejected=recording.kind is Kind.OUTSIDE,
        )


def _spliced(pairs: list[tuple[HumanRecording, Samples]]) -> Iterator[HumanUtterance]:
    people: dict[str, dict[str, Samples]] = defaultdict(dict)
    for recording, clip in pairs:
        if recording.kind is Kind.DIGIT:
            people[recording.speaker].setdefault(recording.text, clip)
    for speaker, clips in people.items():
        random = Random(f"spliced {speaker}")
        known = [digit for digit in _DIGITS if digit in clips]
        for place in range(_STRINGS_PER_PERSON):
            words = random.choices(known, k=random.randint(2, 7))
            slow = place % 3 == 2
            parts = []
            for word in words:
                gap = random.uniform(0.3, 1.2) if slow else random.uniform(0.025, 0.2)
                parts += [clips[word], np.zeros(int(gap * SOURCE_RATE_HZ), dtype=np.float32)]
            digits = "".join(str(_DIGITS.index(word)) for word in words)
            yield HumanUtterance(
                f"spliced-{speaker}-{place}",
                "human_spliced_slow" if slow else "human_spliced",
                "digit_string",
                speaker,
                " ".join(words),
                digits,
                np.concatenate(parts[:-1]),
            )


def _trimmed(samples: Samples) -> Samples:
    loud = np.nonzero(np.abs(samples) > _TRIM * np.abs(samples).max(initial=1e-9))[0]
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
