from __future__ import annotations

import json

import pytest

from asr_models.phrase_grammar import GrammarCache, make_grammar, missing_words
from asr_models.port import FREE_SPEECH, PhraseList

VOCABULARY = {"алло", "ага", "да", "нет", "счёт", "всё", "два", "ноль", "баланс", "береза"}


def knows(word: str) -> bool:
    return word in VOCABULARY


def grammar(*phrases: str, allow_unknown: bool = True) -> list[str]:
    made = make_grammar(PhraseList(phrases, allow_unknown), (), knows)
    assert made is not None
    return list(json.loads(made.json))


def test_free_speech_has_no_grammar() -> None:
    assert make_grammar(FREE_SPEECH, ("алло",), knows) is None


def test_unknown_speech_is_added_once_where_allowed() -> None:
    assert grammar("да", "[unk]") == ["да", "да", "да", "[unk]"]
    assert "[unk]" not in grammar("да", "нет", allow_unknown=False)


def test_the_grammar_is_real_utf8_since_vosk_reads_no_escapes() -> None:
    made = make_grammar(PhraseList(("да",)), (), knows)

    assert made is not None
    assert "да" in made.json


def test_case_punctuation_and_hyphens_do_not_hide_words() -> None:
    assert grammar("Да, баланс!", "ноль-ноль") == ["да баланс", "ноль ноль", "[unk]"]


@pytest.mark.parametrize(
    ("written", "spelled"), [("счет", "счёт"), ("все", "всё"), ("берёза", "береза"), ("счёт", "счёт")]
)
def test_a_missing_or_needless_yo_is_put_right(written: str, spelled: str) -> None:
    assert grammar(written)[0] == spelled


def test_a_missing_word_leaves_a_place_for_unknown_speech() -> None:
    assert grammar("мой баланс") == ["[unk] баланс", "[unk]"]


def test_a_missing_word_is_left_out_where_unknown_speech_is_not_allowed() -> None:
    assert grammar("мой баланс", allow_unknown=False) == ["баланс"] * 3


def test_a_list_of_missing_words_is_never_an_empty_grammar() -> None:
    assert grammar("мой", allow_unknown=False) == ["[unk]"]


def test_missing_words_are_named_once_in_their_order() -> None:
    assert missing_words(PhraseList(("мой баланс", "твой и мой", "[unk]")), knows) == ("мой", "твой", "и")


def test_decoys_are_listened_for_and_mean_unknown_speech() -> None:
    made = make_grammar(PhraseList(("да", "ага")), ("алло", "ага", "кхм"), knows)

    assert made is not None
    assert json.loads(made.json) == ["да"] * 3 + ["ага"] * 3 + ["алло", "[unk]"]
    assert made.without_decoys(["алло", "[unk]", "ага", "алло"]) == ["[unk]", "ага", "[unk]"]


def test_where_unknown_speech_is_not_allowed_there_are_no_decoys() -> None:
    made = make_grammar(PhraseList(("да",), allow_unknown=False), ("алло",), knows)

    assert made is not None
    assert json.loads(made.json) == ["да"] * 3


def test_one_word_answers_are_expected_oftener_than_long_ones() -> None:
    assert grammar("нет", "нет два", allow_unknown=False) == ["нет", "нет", "нет", "нет два"]


def test_more_words_are_listened_for_while_a_number_is_dictated() -> None:
    cache = GrammarCache(knows, ("алло",), dictation_decoys=("ага", "ой"))

    usual, dictated = cache.grammar(PhraseList(("два",))), cache.grammar(PhraseList(("два",), dictation=True))

    assert usual is not None and usual.decoys == {"алло"}
    assert dictated is not None and dictated.decoys == {"алло", "ага"}
    assert dictated.without_decoys(["ага", "два"]) == ["[unk]", "два"]
