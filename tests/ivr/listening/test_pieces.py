from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from asr_models.port import Hypothesis
from ivr.listening.pieces import Piece, joined

BACKCHANNELS = ("угу",)


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
    made.understood(Hypothesis(text, confidence, is_final), BACKCHANNELS)
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
    settled.understood(Hypothesis("двадцать", 0.0, is_final=False), BACKCHANNELS)

    assert settled.hypothesis.text == "два"


@pytest.mark.parametrize(
    ("text", "is_final", "word"),
    [
        ("оператор", False, "оператор"),
        ("угу", False, None),
        ("угу оператор", False, "оператор"),
        ("[unk] оператор", False, None),
        ("[unk] оператор", True, "оператор"),
        ("[unk]", True, None),
    ],
)
def test_the_word_that_may_stop_a_prompt(text: str, is_final: bool, word: str | None) -> None:
    assert piece(text, is_final=is_final).word == word


def test_a_word_that_changes_starts_its_time_again() -> None:
    flaring = piece("карту", is_final=False)
    flaring.frame_passed()
    flaring.understood(Hypothesis("карту два", 0.0, is_final=False), BACKCHANNELS)
    assert flaring.frames_with_word == 1

    flaring.understood(Hypothesis("оператор", 0.0, is_final=False), BACKCHANNELS)

    assert flaring.frames_with_word == 0
