"""What the bench's callers say: texts, the pauses between their groups, and what was meant by them. Seeds are fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from asr_models.trainer import texts
from bench.asr.questions import REJECTED, BenchQuestion
from dialogs.grammar.checks import days_in_month, luhn
from dialogs.grammar.number_phrases import spoken_number
from dialogs.grammar.words import words

OUTSIDE = Path(__file__).parents[1] / "data" / "outside.txt"


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_UNITS = _list("ноль один два три четыре пять шесть семь восемь девять")
_MONTHS = _list("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_DAYS = _list(
    "первое второе третье четвёртое пятое шестое седьмое восьмое девятое десятое одиннадцатое двенадцатое тринадцатое"
    " четырнадцатое пятнадцатое шестнадцатое семнадцатое восемнадцатое девятнадцатое двадцатое"
)
_YEAR_UNITS = _list("первого второго третьего четвёртого пятого шестого седьмого восьмого девятого")
_YEAR_TENS = _list(
    "десятого двадцатого тридцатого сорокового пятидесятого шестидесятого семидесятого восьмидесятого девяностого"
)
_ENDINGS = (".", "!", "?", ",", "")


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance to be made."""

    id: str
    set: str
    question: str  # a bench question's name
    voice: str
    groups: tuple[str, ...]  # spoken one after the other
    pauses_seconds: tuple[float, ...]  # one less than groups
    meaning: str  # what the line should understand
    must_be_rejected: bool = False

    @property
    def text(self) -> str:
        """Return the words."""
        return " ".join(" ".join(self.groups).split())


def utterances(voices: Sequence[str], questions: Mapping[str, BenchQuestion]) -> Iterator[Said]:
    """Make up everything that the held-out voices say."""
    yield from _answers(voices, questions["yes_no"])
    yield from _commands(voices, questions["command"])
    yield from _numbers(voices)
    yield from _sentences(voices)
    yield from _outside(voices)


def _answers(voices: Sequence[str], question: BenchQuestion) -> Iterator[Said]:
    assert question.question is not None
    meanings = zip(question.question.phrases, question.question.meanings, strict=True)
    others = [phrase for phrase, meaning in meanings if meaning in ("yes", "no") and phrase not in ("да", "нет")]
    random = Random("yes_no")
    random.shuffle(others)
    for number, voice in enumerate(voices):
        chosen = ["да", "да", "нет", "нет", *(others[(number * 8 + place) % len(others)] for place in range(8))]
        for place, phrase in enumerate(chosen):
            spoken = phrase + _ENDINGS[(number + place) % len(_ENDINGS)]
            yield Said(f"yes_no-{voice}-{place}", "yes_no", "yes_no", voice, (spoken,), (), question.meaning(phrase))


def _commands(voices: Sequence[str], question: BenchQuestion) -> Iterator[Said]:
    assert question.question is not None
    for place, phrase in enumerate(question.question.phrases):
        for turn in range(2):
            voice = voices[(place * 2 + turn * 5) % len(voices)]
            yield Said(f"command-{place}-{turn}", "command", "command", voice, (phrase,), (), question.meaning(phrase))


def _numbers(voices: Sequence[str]) -> Iterator[Said]:
    random = Random("numbers")
    for voice in voices:
        for place in range(8):
            digits = card_number(random)
            groups = tuple(spoken_group(group, random) for group in _cut(digits, random))
            yield _dictated(f"card-{voice}-{place}", "card", voice, groups, digits, random)
        for place in range(4):
            digits = "89" + "".join(random.choices("0123456789", k=9))
            parts = (digits[0], digits[1:4], digits[4:7], digits[7:9], digits[9:])
            groups = tuple(spoken_group(group, random) for group in parts)
            yield _dictated(f"phone-{voice}-{place}", "phone", voice, groups, digits, random)
        for place in range(4):
            year, month = random.randint(1940, 2006), random.randint(1, 12)
            day = random.randint(1, days_in_month(month, year))
            groups = spoken_date(day, month, year, random)
            meaning = f"{day:02}{month:02}{year}"
            yield _dictated(f"birth_date-{voice}-{place}", "birth_date", voice, groups, meaning, random)


def _dictated(id: str, kind: str, voice: str, groups: tuple[str, ...], meaning: str, random: Random) -> Said:
    longest = 0.5 if kind == "birth_date" else 1.5
    pauses = tuple(round(random.uniform(0.1, longest), 2) for _ in groups[1:])
    return Said(id, kind, kind, voice, groups, pauses, meaning)


def _sentences(voices: Sequence[str]) -> Iterator[Said]:
    held_out = [phrase for phrase in texts.phrases(held_out=True) if " " in phrase]
    Random("sentences").shuffle(held_out)
    for place, phrase in enumerate(held_out[: 12 * len(voices)]):
        voice = voices[place % len(voices)]
        yield Said(f"sentence-{place}", "sentence", "open", voice, (phrase,), (), " ".join(words(phrase)))


def _outside(voices: Sequence[str]) -> Iterator[Said]:
    lines = [line for line in OUTSIDE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for place in range(14 * len(voices)):
        voice, line = voices[place % len(voices)], lines[place * 7 % len(lines)]
        yield Said(f"outside-{place}", "outside", "yes_no", voice, (line,), (), REJECTED, must_be_rejected=True)


def card_number(random: Random, prefix: str = "7789", length: int = 16) -> str:
    """Make up a number that keeps Luhn's rule."""
    head = prefix + "".join(random.choices("0123456789", k=length - len(prefix) - 1))
    return next(head + last for last in "0123456789" if luhn(head + last))


def _cut(digits: str, random: Random) -> list[str]:
    if random.random() < 0.75:
        return [digits[place : place + 4] for place in range(0, len(digits), 4)]
    groups, place = [], 0
    while place < len(digits):
        size = random.randint(2, 4)
        groups.append(digits[place : place + size])
        place += size
    return groups


def spoken_group(digits: str, random: Random) -> str:
    """Say a group as people do: digit by digit, by pairs, or by hundreds."""
    chance = random.random()
    if len(digits) == 3 and digits[0] != "0" and chance < 0.5:
        return spoken_number(int(digits))
    if len(digits) in (2, 4) and chance < 0.6:
        return " ".join(_pair(digits[place : place + 2]) for place in range(0, len(digits), 2))
    if len(set(digits)) == 1 and digits[0] == "0" and len(digits) == 2:
        return "два нуля"
    return " ".join(_UNITS[int(digit)] for digit in digits)


def _pair(digits: str) -> str:
    if digits[0] == "0":
        return f"ноль {_UNITS[int(digits[1])]}"
    return spoken_number(int(digits))


def spoken_date(day: int, month: int, year: int, random: Random) -> tuple[str, ...]:
    """Say a date: by its words or in digits."""
    short, century = year % 100, year // 100
    if random.random() < 0.65:
        tens, unit = divmod(day, 10)
        said_day = _DAYS[day - 1] if day <= 20 else f"{spoken_number(tens * 10)} {_DAYS[unit - 1]}"
        if day == 30:
            said_day = "тридцатое"
        return (f"{said_day} {_MONTHS[month - 1]}", _year(century, short))
    thousand = "тысяча девятьсот" if century == 19 else "две тысячи"
    said_month = f"ноль {_UNITS[month]}" if month < 10 else spoken_number(month)
    said_day = f"ноль {_UNITS[day]}" if day < 10 else spoken_number(day)
    return (said_day, said_month, f"{thousand} {spoken_number(short)}" if short else thousand)


def _year(century: int, short: int) -> str:
    if short == 0:
        return "двухтысячного года"
    if short % 10 == 0:
        last = _YEAR_TENS[short // 10 - 1]
    elif short < 10:
        last = _YEAR_UNITS[short - 1]
    elif short < 20:
        last = _DAYS[short - 1].removesuffix("ое") + "ого"
    else:
        last = f"{spoken_number(short // 10 * 10)} {_YEAR_UNITS[short % 10 - 1]}"
    return f"{'тысяча девятьсот' if century == 19 else 'две тысячи'} {last} года"
