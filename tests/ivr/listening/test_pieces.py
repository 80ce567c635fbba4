from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from asr_models.port import Hypothesis
from ivr.listening.pieces import Piece, far_behind, joined
from ivr.listening.question_grammar import QuestionGrammar
from tests.ivr.listening.conftest import question

GRAMMAR = QuestionGrammar(question("оператор", "заблокировать карту", "да", "угу"), ("угу",))


class NoStream:
    """A stream that is never asked for anything."""

    def feed(self, pcm16: bytes) -> None:
        raise AssertionError

    async def partials(self) -> AsyncIterator[Hypothesis]:
        raise AssertionError
        yield

    async def finish(self) -> Hypothesis:
        raise AssertionError

    def cancel(self) -> None:
        raise AssertionError


def piece(text: str, confidence: float = 1.0, *, is_final: bool = True) -> Piece:
    made = Piece(NoStream())
    made.understood(Hypothesis(text, confidence, is_final), GRAMMAR)
    return made


def test_pieces_are_joined_in_their_order() -> None:
    assert joined([piece("двадцать два"), piece("пять")]).text == "двадцать два пять"


def test_each_word_weighs_the_same_in_the_confidence() -> None:
    assert joined([piece("двадцать два пять", 1.0), piece("три", 0.6)]).confidence == pytest.approx(0.9)


def test_a_piece_of_unknown_speech_is_dropped_beside_words_and_kept_alone() -> None:
    assert joined([piece("двадцать"), piece("[unk]"), piece("два")]).text == "двадцать два"
    assert joined([piece("[unk]"), piece("[unk] [unk]")]).text == "[unk]"


def test_unknown_speech_within_a_piece_stays_in_its_place() -> None:
    assert joined([piece("двадцать [unk] два")]).text == "двадцать [unk] два"


def test_nothing_is_joined_to_nothing() -> None:
    assert joined([]) == Hypothesis("", 0.0, is_final=True)
    assert joined([piece("")]).text == ""


def test_a_partial_never_replaces_the_final() -> None:
    settled = piece("два")
    settled.understood(Hypothesis("двадцать", 0.0, is_final=False), GRAMMAR)

    assert settled.hypothesis.text == "два"


@pytest.mark.parametrize(
    ("text", "is_final", "tells"),
    [
        ("оператор", False, True),
        ("угу", False, False),
        ("угу оператор", False, True),
        ("карту", True, False),
        ("заблокировать карту", False, True),
        ("[unk] оператор", False, False),
        ("[unk] оператор", True, True),
        ("[unk]", True, False),
    ],
)
def test_words_of_the_question_tell_and_others_do_not(text: str, is_final: bool, tells: bool) -> None:
    assert piece(text, is_final=is_final).tells is tells


def test_words_that_stop_telling_start_their_time_again() -> None:
    flaring = piece("оператор", is_final=False)
    flaring.frame_passed(0)
    flaring.understood(Hypothesis("оператор карту", 0.0, is_final=False), GRAMMAR)
    assert flaring.frames_telling == 1

    flaring.understood(Hypothesis("карту", 0.0, is_final=False), GRAMMAR)
    flaring.understood(Hypothesis("оператор", 0.0, is_final=False), GRAMMAR)

    assert flaring.frames_telling == 0


def test_keys_stand_between_words_as_one_word() -> None:
    keys = Piece.of_keys("12")
    keys.key_pressed("34")

    assert joined([piece("два"), keys, piece("пять")], ", ").text == "два, 1234, пять"


def test_other_readings_are_combined_the_likeliest_first() -> None:
    first = Piece(NoStream(), Hypothesis("шесть", 1.0, True, ("шестьдесят", "шестнадцать")))
    second = Piece(NoStream(), Hypothesis("пять", 1.0, True, ("девять",)))

    reading = joined([first, Piece.of_keys("7"), second], ", ")

    assert reading.text == "шесть, 7, пять"
    assert reading.alternatives == (
        "шесть, 7, девять",
        "шестьдесят, 7, пять",
        "шестьдесят, 7, девять",
        "шестнадцать, 7, пять",
        "шестнадцать, 7, девять",
    )


def test_what_the_recogniser_doubts_most_is_read_otherwise_first() -> None:
    sure = Piece(NoStream(), Hypothesis("шесть", 1.0, True, ("шестьдесят", "шестнадцать"), (4.0, 9.0)))
    doubtful = Piece(NoStream(), Hypothesis("пять", 1.0, True, ("девять", "десять"), (0.5, 2.0)))

    assert joined([sure, doubtful]).alternatives == (
        "шесть девять",
        "шесть десять",
        "шестьдесят пять",
        "шестьдесят девять",
        "шестьдесят десять",
        "шестнадцать пять",
        "шестнадцать девять",
        "шестнадцать десять",
    )


def test_a_long_dictation_does_not_drown_in_readings() -> None:
    pieces = [Piece(NoStream(), Hypothesis("пять", 1.0, True, ("шесть", "семь", "девять"))) for _ in range(19)]

    assert len(joined(pieces, ", ").alternatives) == 48


def test_words_without_a_voice_count_only_when_nobody_spoke() -> None:
    clatter, spoken = piece("пять"), piece("двадцать два")
    spoken.frame_passed(periodic_frames=5)

    assert joined([spoken, clatter]).text == "двадцать два"
    assert joined([clatter]).text == "пять"  # it may be somebody who whispers
    assert joined([Piece.of_keys("12"), clatter]).text == "12 пять"


def test_words_far_quieter_than_others_count_only_when_there_are_no_others() -> None:
    behind, caller = piece("пять"), piece("двадцать два")
    behind.frame_passed(periodic_frames=5, level_db=-36.0)
    caller.frame_passed(periodic_frames=5, level_db=-24.0)

    assert far_behind([behind, caller]) == [behind]
    assert joined([behind, caller, behind]).text == "двадцать два"
    assert joined([behind]).text == "пять"
    assert joined([piece("[unk]"), behind]).text == "пять"  # whoever was near said nothing that is known
    assert joined([Piece.of_keys("12"), behind]).text == "12 пять"


def test_a_caller_who_lowers_their_voice_is_heard_to_the_end() -> None:
    loud, low = piece("двадцать два"), piece("пять")
    loud.frame_passed(periodic_frames=5, level_db=-20.0)
    low.frame_passed(periodic_frames=5, level_db=-28.0)

    assert joined([loud, low]).text == "двадцать два пять"


def test_the_frame_that_closes_the_gate_takes_nothing_from_a_pieces_loudness() -> None:
    made = piece("пять")
    made.frame_passed(periodic_frames=5, level_db=-24.0)
    made.frame_passed(periodic_frames=5)

    assert made.level_db == -24.0
