from __future__ import annotations

from pathlib import Path

import pytest

from asr_models.graphs.errors import GraphError, WordUnpronounceable
from asr_models.graphs.lexicon import BUNDLED_LEXICON, Lexicon, Pronunciation, read_lexicon
from asr_models.graphs.pronunciation import pronounce, read_spoken_forms, said_as, with_stress
from asr_models.trainer.texts import vocabulary


def test_the_lexicon_in_phones_is_made_from_the_spellings_of_today() -> None:
    assert BUNDLED_LEXICON.read_text(encoding="utf-8") == read_spoken_forms().as_text(), (
        "run: python -m asr_models.graphs"
    )


def test_every_word_the_model_is_to_know_has_a_pronunciation() -> None:
    lexicon = read_lexicon()
    assert [word for word in vocabulary() if word not in lexicon] == []


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("пятьдесят", "p' i s' a t"),
        ("шестьдесят", "sh y s' a t"),
        ("одиннадцать", "d' i n @ c @ t'"),
        ("двадцать", "d v a c"),
        ("тысяча", "t y sch @"),
        ("сейчас", "sch a s"),
        ("пожалуйста", "p @ zh a l s t @"),
        ("здравствуйте", "z d r a s' t' i"),
        ("сорок", "s o r @ k"),
        ("четырнадцать", "ch t y r n @ c @ t'"),
    ],
)
def test_quick_and_colloquial_forms_are_heard(word: str, phones: str) -> None:
    assert tuple(phones.split()) in [said.phones for said in read_lexicon().pronunciations(word)]


def test_each_word_has_a_form_without_extra_cost() -> None:
    assert [word for word, said in read_lexicon().items() if min(one.cost for one in said) > 0] == []


def test_a_lexicon_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lexicon = Lexicon(
        {"да": [Pronunciation(("d", "a"))], "что": [Pronunciation(("sh", "t", "o")), Pronunciation(("ch", "o"), 1.0)]}
    )
    file = tmp_path / "lexicon.tsv"
    file.write_text(lexicon.as_text(), encoding="utf-8")
    assert dict(read_lexicon(file)) == dict(lexicon)


@pytest.mark.parametrize("line", ["да", "да\t", "\td a", "да\td q", "да\td a\tмного"])
def test_a_faulty_line_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    file = tmp_path / "lexicon.tsv"
    file.write_text(f"# remark\nнет\tn' e t\n{line}\n", encoding="utf-8")
    with pytest.raises(GraphError, match=r"lexicon\.tsv:3: "):
        read_lexicon(file)


def test_a_word_without_pronunciation_is_named() -> None:
    with pytest.raises(WordUnpronounceable, match="«эквайринг»"):
        read_lexicon().of_words(["да", "эквайринг"])


def test_the_stress_of_a_new_word_is_known() -> None:
    assert with_stress("перекрёсток") == "перекрёсток"
    assert with_stress("мост") == "м+ост"
    assert with_stress("библиотека") == "библиот+ека"
    assert [" ".join(said.phones) for said in pronounce("библиотека")] == ["b' i b l' i @ t' e k @"]


def test_an_adjective_may_lose_its_last_sound_in_quick_speech() -> None:
    careful, quick = said_as("син+ичный")
    assert (careful.phones[-1], careful.cost) == ("j", 0.0)
    assert quick.phones == careful.phones[:-1]
    assert quick.cost > 0


@pytest.mark.parametrize("word", ["hello", "смс", "привет!", ""])
def test_what_cannot_be_said_is_refused_with_a_way_out(word: str) -> None:
    with pytest.raises(WordUnpronounceable, match="«"):
        pronounce(word)
