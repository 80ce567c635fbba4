from __future__ import annotations

import pytest

from asr_models.graphs.lexicon import read_lexicon
from dialogs.grammar.checks import Check
from dialogs.grammar.dictation import dictation
from dialogs.grammar.number_phrases import phrases_of


def test_all_words_listened_for_in_a_number_are_number_words() -> None:
    listed = phrases_of(Check.NONE)
    assert [phrase for phrase in listed if len(dictation(phrase).words) != len(phrase.split())] == []
    assert [phrase for phrase in listed if not dictation(phrase).natural] == []


@pytest.mark.parametrize(("said", "digits"), [("два нуля", "00"), ("две семёрки", "77"), ("четыре восьмёрки", "8888")])
def test_several_digits_alike_are_listened_for_and_read(said: str, digits: str) -> None:
    assert said in phrases_of(Check.NONE)
    assert dictation(said).natural[0] == digits


@pytest.mark.parametrize("check", Check)
def test_the_bundled_model_knows_the_words(check: Check) -> None:
    known = read_lexicon()
    assert {word for phrase in phrases_of(check) for word in phrase.split()} <= set(known)


def test_only_phone_numbers_begin_with_a_plus() -> None:
    assert [check for check in Check if "плюс семь" in phrases_of(check)] == [Check.MOBILE]
