from __future__ import annotations

import pytest

from ivr.listening.word_clock import WordClock


def passed(clock: WordClock, seconds: float) -> None:
    for _ in range(round(seconds * 50)):
        clock.frame_passed()


def test_it_counts_from_the_newest_word() -> None:
    clock = WordClock()
    passed(clock, 1.0)
    clock.read(["семь"])
    passed(clock, 0.5)
    clock.read(["семь", "пять"])
    passed(clock, 0.3)
    clock.read(["семь", "пять"])
    assert clock.seconds == pytest.approx(0.3)


def test_a_word_that_came_and_went_again_is_no_new_word() -> None:
    clock = WordClock()
    clock.read(["семь"])
    passed(clock, 2.0)
    clock.read(["семь", "три"])
    passed(clock, 0.2)
    clock.read(["семь"])
    assert clock.seconds == pytest.approx(2.2)


def test_another_word_in_its_place_is_a_new_word() -> None:
    clock = WordClock()
    clock.read(["семь"])
    passed(clock, 2.0)
    clock.read(["семь", "три"])
    clock.read(["семь", "тридцать"])
    passed(clock, 0.1)
    assert clock.seconds == pytest.approx(0.1)


def test_who_begins_to_speak_starts_it_anew() -> None:
    clock = WordClock()
    clock.read(["семь"])
    passed(clock, 2.0)
    clock.restart()
    passed(clock, 0.2)
    clock.read(["семь", "три"])
    clock.read(["семь"])
    assert clock.seconds == pytest.approx(0.2)
