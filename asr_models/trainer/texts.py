"""What the synthetic callers say: phrases by topic, numbers, dates and speech beside the point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random

from asr_models.trainer.clips import Kind
from asr_models.trainer.number_texts import (
    DIGITS,
    HUNDREDS,
    TEENS,
    TENS,
    date,
    dictated_number,
    digit_string,
    number_vocabulary,
    row,
    sum_of_points,
)

TEXTS_DIR = Path(__file__).resolve().parent / "texts"
PHRASE_TOPICS = row(
    "balance activation blocking merging operator answers corrections repeat points account store delivery complaint"
    " small_talk frustration"
)
FILLERS = ("ну", "э", "эм", "мм", "а", "так", "вот", "значит", "сейчас", "это")
"""What callers say between the groups of a number and before an answer."""
_CORE_ANSWERS = row(
    "да нет да нет да нет ага угу верно неверно правильно неправильно конечно хорошо ладно точно оператор оператора"
    " человек повторите назад отмена стоп хватит баланс баллы баллов карта карту карты сначала помощь не спасибо"
)
_CORE_NUMBERS = (*DIGITS, *DIGITS, *TEENS, *TENS, *HUNDREDS, "тысяча", "тысячи", "тысяч", "одна", "две", "нуля")
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_ONE_IN_HELD_OUT = 10
_ENDINGS = ("", ".", ".", "?", "!", ",", "...")


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text to synthesise: its plain words, and the same with the punctuation that shapes the melody."""

    kind: Kind
    text: str
    spoken: str
    language: str = "ru"


@lru_cache(maxsize=1)
def _lines_of_phrases() -> tuple[tuple[str, ...], ...]:
    """Read the phrase files; each line as all that it may be."""
    lines: list[tuple[str, ...]] = []
    for topic in PHRASE_TOPICS:
        lines += [_alternatives(line) for line in _read(f"{topic}.txt")]
    return tuple(lines)


def phrases(*, held_out: bool = False) -> tuple[str, ...]:
    """List the phrases of all topics: those to train on, or the held-out tenth."""
    every = dict.fromkeys(phrase for line in _lines_of_phrases() for phrase in line)
    return tuple(phrase for phrase in every if is_held_out(phrase) == held_out)


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """List every word that the model is to know, sorted."""
    words = set(number_vocabulary()) | set(FILLERS)
    for line in _lines_of_phrases():
        words.update(word for phrase in line for word in phrase.split())
    for name in ("fillers.txt", "names.txt", "more_words.txt"):
        words.update(word for line in _read(name) for word in line.split())
    return tuple(sorted(words))


def is_held_out(text: str) -> bool:
    """Say whether a phrase is kept from training; single words never are."""
    if " " not in text:
        return False
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % _ONE_IN_HELD_OUT == 0


class TextMaker:
    """Makes up texts of a kind; deals words from shuffled decks so that none is left out."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._decks: dict[str, list[str]] = {}
        self._lines = [kept for line in _lines_of_phrases() if (kept := [p for p in line if not is_held_out(p)])]
        self._fillers = _read("fillers.txt")
        self._outside = _read("outside.txt")
        self._outside_words = outside_words()
        self._foreign = [line.split("\t") for line in _read("foreign.txt")]

    def make(self, kind: Kind) -> SpokenText:
        """Make up one text that is not held out."""
        match kind:
            case "word":
                return self._word()
            case "digits":
                return self._groups(kind, [[word] for word in digit_string(self._random)])
            case "number":
                if self._random.random() < 0.25:
                    return self._groups(kind, [sum_of_points(self._random)])
                return self._groups(kind, dictated_number(self._random))
            case "date":
                return self._groups(kind, date(self._random))
            case "phrase":
                return self._phrase()
            case "sentence":
                return self._sentence()
            case "outside":
                return self._outside_text()
            case "foreign":
                language, sentence = self._random.choice(self._foreign)
                return SpokenText(kind, sentence, sentence, language)

    def core_words(self, rounds: int) -> list[SpokenText]:
        """Say each digit, «да» and «нет» so many times, with another melody each."""
        words = (*DIGITS, "да", "нет") * rounds
        return [SpokenText("word", word, word + self._random.choice(_ENDINGS)) for word in words]

    def _word(self) -> SpokenText:
        chance = self._random.random()
        if chance < 0.35:
            word = self._deal("numbers", _CORE_NUMBERS)
        elif chance < 0.5:
            word = self._deal("answers", _CORE_ANSWERS)
        else:
            word = self._deal("vocabulary", vocabulary())
        return SpokenText("word", word, word + self._random.choice(_ENDINGS))

    def _groups(self, kind: Kind, groups: list[list[str]]) -> SpokenText:
        texts = [" ".join(words) for words in groups]
        if self._random.random() < 0.12:
            texts.insert(self._random.randrange(len(texts)), self._random.choice(FILLERS))
        separator = self._random.choice([", ", ", ", ". ", " ", " ", "! ", "... "])
        return SpokenText(kind, " ".join(texts), separator.join(texts) + self._random.choice(_ENDINGS))

    def _phrase(self) -> SpokenText:
        phrase = self._random.choice(self._random.choice(self._lines))
        return SpokenText("phrase", phrase, phrase + self._random.choice(_ENDINGS))

    def _sentence(self) -> SpokenText:
        """Put fillers before, between or after phrases; no part is held out, so neither is the whole."""
        parts = [self._phrase().text]
        if self._random.random() < 0.2 and len(parts[0].split()) < 4:
            parts.append(self._phrase().text)
        for _ in range(self._random.choice([0, 1, 1, 2])):
            parts.insert(0, self._random.choice(self._fillers))
        if self._random.random() < 0.25:
            parts.append(self._random.choice(["пожалуйста", "спасибо", "да", "вот", "девушка", "мне", "хорошо", "ну"]))
        if self._random.random() < 0.1:
            parts.append("меня зовут " + self._deal("names", tuple(_read("names.txt")[0].split())))
        spoken = "".join(part + self._random.choice([", ", " ", " "]) for part in parts).rstrip(", ")
        return SpokenText("sentence", " ".join(parts), spoken + self._random.choice(_ENDINGS))

    def _outside_text(self) -> SpokenText:
        if self._random.random() < 0.5:
            text = self._random.choice(self._outside)
            if self._random.random() < 0.3:
                words = text.split()
                start = self._random.randrange(len(words))
                text = " ".join(words[start : start + self._random.randint(1, 3)])
        else:
            text = " ".join(
                self._deal("outside", self._outside_words) for _ in range(self._random.choice([1, 1, 2, 3, 5]))
            )
        return SpokenText("outside", text, text + self._random.choice(_ENDINGS))

    def _deal(self, name: str, cards: tuple[str, ...]) -> str:
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck.extend(cards)
            self._random.shuffle(deck)
        return deck.pop()


@lru_cache(maxsize=1)
def outside_words() -> tuple[str, ...]:
    """List rare words, without those that sound like the beginning of a word the model knows."""
    beginnings = {word[:4] for word in vocabulary() if len(word) >= 4}
    every = [word for line in _read("outside_words.txt") for word in line.split()]
    return tuple(word for word in every if word[:4] not in beginnings)


def _read(name: str) -> list[str]:
    lines = (TEXTS_DIR / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _alternatives(line: str) -> tuple[str, ...]:
    """Write out «(хочу|надо) узнать (баланс|баллы)»; brackets do not nest. «кто-то» becomes two words."""
    parts = _ALTERNATIVES.split(line.replace("-", " "))
    choices = [part.split("|") if index % 2 else [part] for index, part in enumerate(parts)]
    return tuple(dict.fromkeys(" ".join("".join(chosen).split()) for chosen in product(*choices)))
