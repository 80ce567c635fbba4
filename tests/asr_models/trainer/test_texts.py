"""What the synthetic callers of the trainer say."""

from pathlib import Path
from random import Random

import pytest
import yaml
from num2words import num2words

from asr_models.trainer.clips import Kind
from asr_models.trainer.number_texts import amount, date, dictated_number, group, number_vocabulary, ordinal
from asr_models.trainer.texts import TextMaker, is_held_out, outside_words, phrases, vocabulary

KNOWN_KINDS: tuple[Kind, ...] = ("word", "digits", "number", "date", "phrase", "sentence")
DOMAIN = Path(__file__).resolve().parents[3] / "dialogs" / "domain"


def phrases_of_the_dialogues() -> list[str]:
    """Read the phrases that the line's own questions listen for."""
    files = (DOMAIN / "slots.yml", *(DOMAIN / "slots").glob("*.yml"))
    slots = {name: slot for file in files for name, slot in yaml.safe_load(file.read_text("utf-8"))["slots"].items()}
    options = [option for slot in slots.values() for option in slot.get("options", {}).values()]
    answers = [phrase for slot in slots.values() for key in ("yes", "no") for phrase in slot.get(key, [])]
    return [phrase for option in options for phrase in option["phrases"]] + answers


def test_the_vocabulary_is_small_and_plain_russian() -> None:
    words = vocabulary()
    assert 1000 < len(words) < 2000
    assert all(set(word) <= set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя") for word in words)


def test_the_vocabulary_holds_every_word_that_the_dialogues_listen_for() -> None:
    said = phrases_of_the_dialogues()
    assert len(said) > 60
    assert {word for phrase in said for word in phrase.split()} <= set(vocabulary())


def test_callers_say_only_words_of_the_vocabulary() -> None:
    maker, known = TextMaker(Random(5)), set(vocabulary())
    said = {word for _ in range(1500) for kind in KNOWN_KINDS for word in maker.make(kind).text.split()}
    assert said <= known


def test_every_word_of_the_vocabulary_is_dealt_before_one_comes_twice() -> None:
    maker = TextMaker(Random(5))
    said = {maker.make("word").text for _ in range(len(vocabulary()) * 2 + 400)}
    assert said == set(vocabulary()) | {"оператора"}


def test_the_melody_does_not_change_the_words() -> None:
    maker = TextMaker(Random(6))
    for kind in KNOWN_KINDS:
        for _ in range(200):
            made = maker.make(kind)
            assert "".join(c for c in made.spoken if c not in ".,!?").split() == made.text.split()


def test_held_out_phrases_are_a_tenth_and_never_said() -> None:
    held_out, trained = phrases(held_out=True), phrases()
    assert 0.07 < len(held_out) / (len(held_out) + len(trained)) < 0.13
    assert not set(held_out) & set(trained)
    maker = TextMaker(Random(7))
    assert not any(is_held_out(maker.make("phrase").text) for _ in range(3000))


def test_a_single_word_is_never_held_out() -> None:
    assert not any(is_held_out(word) for word in vocabulary())


def test_speech_beside_the_point_is_mostly_made_of_unknown_words() -> None:
    maker, known = TextMaker(Random(8)), set(vocabulary())
    said = [word for _ in range(1000) for word in maker.make("outside").text.split()]
    assert sum(word in known for word in said) < 0.1 * len(said)
    assert not set(outside_words()) & known


def test_foreign_speech_says_which_language_it_is() -> None:
    maker = TextMaker(Random(9))
    assert {maker.make("foreign").language for _ in range(300)} >= {"de", "en-us", "tr"}


@pytest.mark.parametrize("number", [1, 11, 40, 101, 219, 1000, 2000, 5000, 11_014, 21_001, 62_090, 101_000, 999_999])
def test_sums_are_said_as_grammar_wants(number: int) -> None:
    said = " ".join(amount(number))
    assert said == num2words(number, lang="ru").removeprefix("одна " if number // 1000 == 1 else "")


@pytest.mark.parametrize(
    ("number", "ending", "said"),
    [
        (2, "ый", "второй"),
        (3, "ого", "третьего"),
        (40, "ый", "сороковой"),
        (12, "ое", "двенадцатое"),
        (5, "ый", "пятый"),
    ],
)
def test_ordinals_have_their_endings(number: int, ending: str, said: str) -> None:
    assert ordinal(number, ending) == said


def test_a_group_of_one_digit_is_said_in_more_than_one_way() -> None:
    random = Random(3)
    said = {" ".join(group("777", random)) for _ in range(300)}
    assert {"три семёрки", "семь семь семь", "семьсот семьдесят семь", "трижды семь"} <= said


def test_zeros_are_never_lost_in_a_group() -> None:
    random = Random(4)
    zeros = {"ноль", "нуль", "нуля", "ноля", "нолика", "нолик"}
    assert all(set(group("07", random)) & zeros for _ in range(100))


def test_dates_are_said_in_many_forms() -> None:
    random = Random(2)
    said = [[word for part in date(random) for word in part] for _ in range(3000)]
    everything = {word for words in said for word in words}
    assert {
        "двухтысячный",
        "двухтысячного",
        "тысяча",
        "две",
        "мая",
        "года",
        "девятнадцать",
        "пятое",
        "пятого",
    } <= everything
    assert everything <= set(number_vocabulary()) | {"в"}


def test_a_dictated_number_has_several_groups_sometimes() -> None:
    random = Random(2)
    assert {len(dictated_number(random)) for _ in range(200)} == {1, 2, 3, 4}
