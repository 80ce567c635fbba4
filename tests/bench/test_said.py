"""What the bench says is what it takes to be right."""

from __future__ import annotations

from random import Random

import pytest

from asr_models.trainer import texts
from bench.asr.human import HumanUtterance, human_questions
from bench.asr.questions import REJECTED, bench_questions
from bench.asr.said import Said, card_number, spoken_date, spoken_group, utterances
from bench.human_recordings import SPEAKERS, Kind, listed
from dialogs.grammar import yes_no
from dialogs.grammar.checks import luhn

VOICES = ("one", "two", "three", "four")
QUESTIONS = bench_questions()
SAID = tuple(utterances(VOICES, QUESTIONS))


def test_every_text_means_to_the_dialogue_what_the_bench_says_it_means() -> None:
    wrong = [(one.text, one.meaning) for one in SAID if QUESTIONS[one.question].meaning(one.text) != one.meaning]
    assert wrong == []


def test_the_same_is_said_every_time() -> None:
    assert tuple(utterances(VOICES, QUESTIONS)) == SAID


def test_ids_are_unique_and_groups_have_pauses_between_them() -> None:
    assert len({one.id for one in SAID}) == len(SAID)
    assert all(len(one.pauses_seconds) == len(one.groups) - 1 for one in SAID)


def test_no_sentence_is_one_to_train_on() -> None:
    trained = set(texts.phrases())
    assert not [one.text for one in SAID if one.set == "sentence" and one.text in trained]


def test_speech_beside_the_point_is_neither_yes_nor_no() -> None:
    outside = [one for one in SAID if one.set == "outside"]
    assert len(outside) >= 50
    assert all(yes_no.parse(one.text) is None and one.must_be_rejected for one in outside)


def test_card_numbers_keep_their_rule() -> None:
    random = Random(1)
    numbers = [card_number(random) for _ in range(50)]
    assert all(len(number) == 16 and number.startswith("7789") and luhn(number) for number in numbers)


@pytest.mark.parametrize(
    ("heard", "same"), [("десятое", True), ("десятого", True), ("десять", False), ("одиннадцатая", False)]
)
def test_a_day_is_the_same_in_any_form(heard: str, same: bool) -> None:
    question = human_questions(QUESTIONS)["date_words"]
    assert (question.meaning(heard) == question.meaning("десятая")) is same


@pytest.mark.parametrize("digits", ["0000", "7007", "1234", "90", "00", "345", "012"])
def test_a_group_is_said_so_that_it_can_be_read_back(digits: str) -> None:
    string = human_questions(QUESTIONS)["digit_string"]
    for seed in range(20):
        said = spoken_group(digits, Random(seed))
        assert string.meaning(said) == digits, said


def test_dates_of_every_month_and_century_are_understood() -> None:
    random = Random(2)
    for month in range(1, 13):
        for year in (1940, 1953, 1967, 1980, 1999, 2000, 2003):
            said = " ".join(spoken_date(random.randint(1, 28), month, year, random))
            assert QUESTIONS["birth_date"].meaning(said).endswith(f"{month:02}{year}"), said


def test_alternatives_are_looked_through_for_a_number_that_keeps_its_rule() -> None:
    right = "семьдесят семь восемьдесят девять " + "ноль " * 8 + "двадцать два двадцать два"
    wrong = right.replace("два двадцать два", "два двадцать")
    card = QUESTIONS["card"]
    assert card.meaning(wrong) == REJECTED
    assert card.meaning(wrong, (right,)) == "7789000000002222"


def test_an_open_question_is_judged_by_its_words() -> None:
    assert QUESTIONS["open"].meaning("всё верно") == QUESTIONS["open"].meaning("все верно") != REJECTED


def test_recordings_are_listed_once_with_known_people_and_words_where_words_count() -> None:
    recordings = listed()
    assert len({(one.package, one.path) for one in recordings}) == len(recordings)
    assert {one.speaker for one in recordings} == set(SPEAKERS)
    assert all(one.text for one in recordings if one.kind is not Kind.OUTSIDE)
    assert all(one.text in ("да", "нет") for one in recordings if one.kind is Kind.YES_NO)
    assert all(yes_no.parse(one.text) is None for one in recordings if one.kind is Kind.OUTSIDE and one.text)


def test_utterances_of_voices_and_people_have_the_same_facts() -> None:
    shared = {"id", "set", "question", "voice", "text", "meaning", "must_be_rejected"}
    for kind in (Said, HumanUtterance):
        assert all(hasattr(kind, name) or name in kind.__dataclass_fields__ for name in shared)
