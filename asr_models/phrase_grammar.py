"""From a question's phrase list to the grammar Vosk takes, in words its model knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from asr_models.port import PhraseList

UNKNOWN = "[unk]"
_STEM_LETTERS = 4
_ENDING_LETTERS = 3
_ONE_WORD_WEIGHT = 3
_WORD = re.compile(r"\[unk\]|[^\W_]+")


def words_of(phrase: str) -> list[str]:
    """Split a phrase into lower-case words; punctuation and hyphens part words."""
    return _WORD.findall(phrase.lower())


def spelled_for(word: str, knows: Callable[[str], bool]) -> str | None:
    """Return the word as the model spells it (е or ё are tried), None when it has no such word."""
    if knows(word):
        return word
    for place in (match.start() for match in re.finditer("е", word)):
        if knows(candidate := word[:place] + "ё" + word[place + 1 :]):
            return candidate
    plain = word.replace("ё", "е")
    return plain if knows(plain) else None


def missing_words(phrases: PhraseList, knows: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the words of the list the model lacks, each once, in order."""
    words = dict.fromkeys(word for phrase in phrases.phrases for word in words_of(phrase) if word != UNKNOWN)
    return tuple(word for word in words if spelled_for(word, knows) is None)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What Vosk is told to expect."""

    json: str  # Vosk's grammar argument
    words: frozenset[str]  # of the phrases
    decoys: frozenset[str]  # words that are listened for only to tell them from the phrases; they mean unknown speech

    def forms_of(self, word: str) -> int:
        """Count the list's words that look like forms of one («оператор», «оператора»), itself among them."""
        stem = word[: max(_STEM_LETTERS, len(word) - _ENDING_LETTERS)]
        alike = (other for other in self.words if other.startswith(stem) and abs(len(other) - len(word)) <= 2)
        return max(1, sum(1 for _ in alike)) if len(word) > _STEM_LETTERS else 1

    def without_decoys(self, words: Iterable[str]) -> list[str]:
        """Read decoys as unknown speech, and runs of unknown speech as one."""
        read: list[str] = []
        for word in words:
            meant = UNKNOWN if word in self.decoys else word
            if meant != UNKNOWN or read[-1:] != [UNKNOWN]:
                read.append(meant)
        return read


def make_grammar(phrases: PhraseList, decoys: Iterable[str], knows: Callable[[str], bool]) -> Grammar | None:
    """Return the grammar of a phrase list; None means free speech.

    Vosk estimates a bigram from the phrases, so a word the model lacks stands as unknown speech in its place,
    or is left out where unknown speech is not allowed. Without decoys «алло» is taken for «баланс» now and then.
    """
    if not phrases.phrases:
        return None
    kept = dict.fromkeys(phrase for phrase in _known_phrases(phrases, knows) if phrase not in ("", UNKNOWN))
    expected = frozenset(word for phrase in kept for word in phrase.split())
    used: frozenset[str] = frozenset()
    unexpected: tuple[str, ...] = ()
    if phrases.allow_unknown:
        used = frozenset(word for word in decoys if word not in expected and knows(word))
        unexpected = (*sorted(used), UNKNOWN)
    # Vosk counts a phrase as often as it stands in the list. People answer in one word more than in several: without
    # this a short «нет» is heard as the beginning of «не надо» (yes/no of 8 espeak voices: 92 -> 99 % right).
    expected_often = [phrase for phrase in kept for _ in range(1 if " " in phrase else _ONE_WORD_WEIGHT)]
    # Real UTF-8: Vosk does not decode \u escapes and would drop every word.
    return Grammar(json.dumps([*expected_often, *unexpected] or [UNKNOWN], ensure_ascii=False), expected, used)


def _known_phrases(phrases: PhraseList, knows: Callable[[str], bool]) -> Iterator[str]:
    for phrase in phrases.phrases:
        spelled = (word if word == UNKNOWN else spelled_for(word, knows) for word in words_of(phrase))
        if phrases.allow_unknown:
            yield " ".join(word or UNKNOWN for word in spelled)
        else:
            yield " ".join(word for word in spelled if word and word != UNKNOWN)


class GrammarCache:
    """Grammars by phrase list: a flow has a few dozen, a call asks for one at every utterance."""

    def __init__(
        self,
        knows: Callable[[str], bool],
        decoys: Iterable[str],
        *,
        dictation_decoys: Iterable[str] = (),
        size: int = 256,
    ) -> None:
        usual = tuple(decoys)
        in_dictation = (*usual, *dictation_decoys)
        self._grammar = lru_cache(maxsize=size)(
            lambda phrases: make_grammar(phrases, in_dictation if phrases.dictation else usual, knows)
        )

    def grammar(self, phrases: PhraseList) -> Grammar | None:
        """Return the grammar of a phrase list; None means free speech."""
        return self._grammar(phrases)
