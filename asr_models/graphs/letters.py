"""Russian letters to phones by rule: what a word sounds like once its stress is known.

Source: Avanesov, "Russkoe literaturnoe proiznoshenie"; the Moscow norm, reduced as people speak today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PHONES = "@ a b b' c ch d d' e f g g' i j k k' l l' m m' n n' o p p' r r' s s' sch sh t t' u v v' x y z z' zh"
PHONES = tuple(_PHONES.split())
"""`@` is the reduced a and o, `y` ы, `x` х, `c` ц, `sch` щ; an apostrophe marks a soft consonant."""

STRESS = "+"
"""Stands before the stressed vowel: «опер+атор». ё is stressed without it."""

VOWEL_LETTERS = "аеёиоуыэюя"

_LETTERS_OF_CONSONANTS = "b=б v=в g=г d=д zh=ж z=з j=й k=к l=л m=м n=н p=п r=р s=с t=т f=ф x=х c=ц ch=ч sh=ш sch=щ"
_CONSONANTS = {pair[-1]: pair[:-2] for pair in _LETTERS_OF_CONSONANTS.split()}
_ALWAYS_HARD = ("zh", "sh", "c")
_ALWAYS_SOFT = ("ch", "sch", "j")
_WITHOUT_SOFT = ("f", "x")  # their soft forms are too rare to stand apart
_SOFTENING = "еёиюяь"
_JOTTED = "еёюя"
_FULL = dict(zip("аяоёуюэеиы", "aaoouueeiy", strict=True))
_VOICELESS = {"b": "p", "v": "f", "g": "k", "d": "t", "zh": "sh", "z": "s"}
_VOICED = {voiceless: voiced for voiced, voiceless in _VOICELESS.items()}
_ONLY_VOICELESS = ("x", "c", "ch", "sch")
_SOFTENED_BY = {
    "s": ("t'", "d'", "n'", "s'", "z'", "l'"),
    "z": ("t'", "d'", "n'", "s'", "z'", "l'"),
    "n": ("t'", "d'", "n'", "s'", "z'", "ch", "sch"),
}
_WORDS_WITH_G = "много немного намного строго дорого недорого полого отлого убого лего лого ого"
_SOUNDED_G = frozenset(_WORDS_WITH_G.split())
_GENITIVE = re.compile(r"([ое])г(?=\+?о$)")
_SPELLINGS = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(\+?)ть?ся$", r"\1ца"),
        (r"^сег(?=\+?одн)", "сев"),
        (r"^((?:ни)?)ч(?=т\+?об?ы?$)", r"\1ш"),
        (r"^(кон\+?е|ск\+?у|нар\+?о)ч(?=но$)", r"\1ш"),
        (r"(здр\+?а|ч\+?у)вств", r"\1ств"),
        (r"стн", "сн"),
        (r"стл(?=\+?ив)", "сл"),
        (r"здн", "зн"),
        (r"лнц", "нц"),
        (r"рдц", "рц"),
        (r"[дт]ь?с(?=к|тв)", "ц"),
        (r"[дт]ц", "ц"),
        (r"[сзж]ч|сщ", "щ"),
        (r"[дт]ч", "ч"),
        (r"[сз]ш", "ш"),
        (r"[сз]ж", "ж"),
        (r"г(?=[кч])", "х"),
    )
)


class NotRussian(ValueError):
    """The word cannot be said by these rules: foreign signs, or a stress mark in a wrong place."""


@dataclass(slots=True)
class _Sound:
    phone: str
    is_vowel: bool = False


def phones_of(spelling: str) -> tuple[str, ...]:
    """Say a word as it is written, stress marked: «опер+атор», «пидис+ят»; without a mark it is unstressed.

    A ъ at the end keeps the last consonant voiced, as a preposition is before a vowel: «въ».

    Raises:
        NotRussian: says what does not belong.
    """
    plain = spelling.replace(STRESS, "")
    if odd := sorted(set(plain) - set(_CONSONANTS) - set(VOWEL_LETTERS) - set("ьъ")):
        raise NotRussian(f"«{spelling}»: «{odd[0]}» — не строчная русская буква")
    if not plain or spelling.count(STRESS) > 1 or re.search(rf"\+(?![{VOWEL_LETTERS}])", spelling):
        raise NotRussian(f"«{spelling}»: нужен один {STRESS}, перед ударной гласной")
    said = spelling if plain in _SOUNDED_G else _GENITIVE.sub(r"\1в", spelling)
    for pattern, replacement in _SPELLINGS:
        said = pattern.sub(replacement, said)
    sounds = _sounds(said)
    if not sounds:
        raise NotRussian(f"«{spelling}»: здесь нечего произнести")
    _assimilate_voice(sounds, keeps_last_voice=said.endswith("ъ"))
    _assimilate_softness(sounds)
    return _without_doubles(sounds)


def syllables(word: str) -> int:
    """Count the vowels of a word."""
    return sum(letter in VOWEL_LETTERS for letter in word)


def _sounds(said: str) -> list[_Sound]:
    stress_at = said.find(STRESS)
    letters = said.replace(STRESS, "")
    if stress_at < 0:
        stress_at = letters.find("ё")
    sounds: list[_Sound] = []
    for place, letter in enumerate(letters):
        before, after = letters[place - 1 : place], letters[place + 1 : place + 2]
        if letter in _CONSONANTS:
            phone = _CONSONANTS[letter]
            soft = bool(after) and after in _SOFTENING and phone not in (*_ALWAYS_HARD, *_ALWAYS_SOFT, *_WITHOUT_SOFT)
            sounds.append(_Sound(phone + "'" if soft else phone))
        elif letter in VOWEL_LETTERS:
            if (letter in _JOTTED and (not before or before in VOWEL_LETTERS + "ьъ")) or (
                letter in "ио" and before == "ь"
            ):
                sounds.append(_Sound("j"))
            previous = sounds[-1].phone if sounds else ""
            if place == stress_at:
                phone = "y" if letter == "и" and previous in _ALWAYS_HARD else _FULL[letter]
            else:
                phone = _reduced(
                    letter, previous, letters[place + 1 :], after_consonant=before not in ("", *VOWEL_LETTERS)
                )
            sounds.append(_Sound(phone, is_vowel=True))
    return sounds


def _reduced(letter: str, previous: str, rest: str, *, after_consonant: bool) -> str:
    open_ending = rest in ("", "м", "х", "ми")
    match letter:
        case "а" | "я" if not open_ending and (letter == "я" or previous in ("ch", "sch")):
            return "i"
        case "а" | "о" | "я":
            return "@"
        case "е" | "и":
            return "y" if previous in _ALWAYS_HARD else "i"
        case "э":
            return "y" if after_consonant else "i"
        case _:
            return _FULL[letter]


def _assimilate_voice(sounds: list[_Sound], *, keeps_last_voice: bool) -> None:
    """Make each obstruent as voiced as what follows it; at the end of the word it is voiceless."""
    follower = "" if keeps_last_voice else "voiceless"
    for sound in reversed(sounds):
        base = sound.phone.rstrip("'")
        mark = sound.phone[len(base) :]
        if sound.is_vowel:
            follower = ""
        elif base in _ONLY_VOICELESS:
            follower = "voiceless"
        elif base in _VOICELESS or base in _VOICED:
            if follower == "voiceless" and base in _VOICELESS:
                base = _VOICELESS[base]
            elif follower == "voiced" and base in _VOICED:
                base = _VOICED[base]
            sound.phone = base if base in (*_ALWAYS_HARD, *_WITHOUT_SOFT) else base + mark
            # v gives way to what follows but does not voice what precedes: «твой» keeps its t
            follower = "" if base == "v" else "voiced" if base in _VOICELESS else "voiceless"
        else:
            follower = ""


def _assimilate_softness(sounds: list[_Sound]) -> None:
    for place in range(len(sounds) - 2, -1, -1):
        if sounds[place + 1].phone in _SOFTENED_BY.get(sounds[place].phone, ()):
            sounds[place].phone += "'"


def _without_doubles(sounds: list[_Sound]) -> tuple[str, ...]:
    kept: list[_Sound] = []
    for sound in sounds:
        if kept and not sound.is_vowel and kept[-1].phone.rstrip("'") == sound.phone.rstrip("'"):
            kept[-1] = sound
        else:
            kept.append(sound)
    return tuple(sound.phone for sound in kept)
