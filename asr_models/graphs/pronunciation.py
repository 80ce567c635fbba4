"""How a word that no lexicon has is said: its stress from espeak-ng, its sounds by rule."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from asr_models.graphs.errors import ToolsMissing, WordUnpronounceable
from asr_models.graphs.letters import STRESS, VOWEL_LETTERS, NotRussian, phones_of, syllables
from asr_models.graphs.lexicon import Lexicon, Pronunciation, read_entries

SPOKEN_FORMS = Path(__file__).parent / "spoken.tsv"

_ESPEAK_LIMIT_SECONDS = 10.0
_IPA_VOWEL = re.compile("[ɑaæɐʌəoɵɔiɪeɛyɨuʊʉ]")
_DROPPED_J_COST = 0.7  # «первы» for «первый»: quick speech


def pronounce(word: str) -> tuple[Pronunciation, ...]:
    """Say a word of small Russian letters, from the way it is written.

    Raises:
        WordUnpronounceable: foreign letters, no vowel, or espeak-ng does not tell the stress.
        ToolsMissing: espeak-ng is not installed.
    """
    return said_as(with_stress(word))


def said_as(spelling: str) -> tuple[Pronunciation, ...]:
    """Say a spelling with its stress marked: «+яндэкс»; quick speech is added where it differs by rule.

    Raises:
        WordUnpronounceable: the spelling cannot be said.
    """
    try:
        phones = phones_of(spelling)
    except NotRussian as reason:
        raise WordUnpronounceable(str(reason)) from reason
    if re.search(r"(?<!\+)[ыи]й$", spelling) and len(phones) > 3:
        return Pronunciation(phones), Pronunciation(phones[:-1], _DROPPED_J_COST)
    return (Pronunciation(phones),)


def read_spoken_forms(file: Path = SPOKEN_FORMS) -> Lexicon:
    """Read a lexicon in Russian letters as they are said: `пятьдесят<TAB>педес+ят`; by default the one kept by hand.

    Raises:
        GraphError: names the file and line and what is wrong with it.
    """
    return read_entries(file, said_as)


def with_stress(word: str) -> str:
    """Mark the stress of a word: ё, its only vowel, or what espeak-ng says.

    Raises:
        WordUnpronounceable: it cannot be told; `said_as` is the way out.
        ToolsMissing: espeak-ng is not installed.
    """
    try:
        phones_of(word)
    except NotRussian as reason:
        raise WordUnpronounceable(f"{reason}; напишите, как это звучит, русскими буквами: {word}=…") from reason
    match syllables(word):
        case 0:
            raise WordUnpronounceable(f"в слове «{word}» нет гласной: напишите, как оно звучит, например смс=эсэм+эс")
        case 1:
            return re.sub(f"([{VOWEL_LETTERS}])", rf"{STRESS}\1", word)
    return word if "ё" in word else _stressed_by_espeak(word)


def _stressed_by_espeak(word: str) -> str:
    if shutil.which("espeak-ng") is None:
        raise ToolsMissing("ударения новых слов подсказывает espeak-ng, а его нет: apt-get install espeak-ng")
    told = subprocess.run(
        ["espeak-ng", "-v", "ru", "-q", "--ipa", "--sep= ", word],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_ESPEAK_LIMIT_SECONDS,
    )
    vowels = [sound for sound in told.stdout.split() if _IPA_VOWEL.search(sound)]
    stressed = [number for number, sound in enumerate(vowels) if "ˈ" in sound]
    places = [place for place, letter in enumerate(word) if letter in VOWEL_LETTERS]
    if len(vowels) != len(places) or len(stressed) != 1:
        raise WordUnpronounceable(
            f"espeak-ng не знает ударения в слове «{word}»: отметьте его плюсом, {word}=…{STRESS}о…"
        )
    at = places[stressed[0]]
    return word[:at] + STRESS + word[at:]
