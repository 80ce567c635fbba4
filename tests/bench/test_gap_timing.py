"""Times read off made recordings, where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from bench.gap.callers import BARGE_IN, DICTATION, MENU, OPEN
from bench.gap.figures import Distribution, GapFigures
from bench.gap.timing import RATE_HZ, Clip, Samples, Turn, is_sound, place_of, read_turn

HEARD_LATER_SECONDS = 0.02
BLOCK_SECONDS = 0.0101


def noise(seconds: float, seed: int, level: float = 3000) -> Samples:
    return np.random.default_rng(seed).normal(0, level, int(seconds * RATE_HZ)).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def line(seconds: float, *parts: tuple[float, Samples]) -> Samples:
    """Lay parts out on a silent line, each at its time."""
    whole = silence(seconds)
    for at_seconds, samples in parts:
        start = int(at_seconds * RATE_HZ)
        whole[start : start + len(samples)] = samples
    return whole


def clip(seconds: float = 1.0, seed: int = 1, *, around_seconds: float = 0.0) -> Clip:
    around = silence(around_seconds)
    samples = np.concatenate([around, noise(seconds, seed), around])
    return Clip("да", samples, len(around), len(around) + int(seconds * RATE_HZ))


def turn(kind: str, said: Clip, left: Samples, right: Samples) -> Turn:
    place = place_of(said, left, 0)
    assert place is not None
    return read_turn(kind, said, place, is_sound(right), len(right))


def test_a_clip_is_found_to_the_sample() -> None:
    said = clip()
    assert place_of(said, line(5, (1.2345, said.pcm16)), 0) == int(1.2345 * RATE_HZ)


def test_a_clip_said_twice_is_found_again_behind_the_first_time() -> None:
    said = clip()
    left = line(5, (0.5, said.pcm16), (3.0, said.pcm16))
    first = place_of(said, left, 0)
    assert first == RATE_HZ // 2
    assert place_of(said, left, first + said.speech_end) == 3 * RATE_HZ


@pytest.mark.parametrize("below_db", [10, 14])
def test_a_clip_is_found_though_other_people_talk_behind_it(below_db: float) -> None:
    said = clip()
    others = noise(5, 9, level=3000 * 10 ** (-below_db / 20))
    assert place_of(said, line(5, (1.2345, said.pcm16)) + others, 0) == int(1.2345 * RATE_HZ)


def test_a_clip_that_was_not_said_is_not_found() -> None:
    assert place_of(clip(seed=2), line(5, (1.0, clip(seed=1).pcm16)), 0) is None


@pytest.mark.parametrize("gap_seconds", [0.1, 0.33, 0.8])
def test_the_gap_is_from_the_end_of_speech_to_the_first_sound(gap_seconds: float) -> None:
    said = clip()
    left = line(6, (1.0, said.pcm16))
    right = line(6, (0.0, noise(0.5, 3)), (2.0 + gap_seconds, noise(1.0, 4)))
    measured = turn(MENU, said, left, right).gap_seconds
    assert measured == pytest.approx(gap_seconds + HEARD_LATER_SECONDS, abs=BLOCK_SECONDS)


def test_noise_behind_the_speech_is_not_the_speech() -> None:
    said = clip(1.0, around_seconds=0.5)
    left, right = line(6, (1.0, said.pcm16)), line(6, (2.9, noise(1.0, 4)))
    assert turn(OPEN, said, left, right).gap_seconds == pytest.approx(0.42, abs=BLOCK_SECONDS)


def test_sound_before_the_end_of_speech_is_a_cut() -> None:
    said = clip(3.0)
    cut = turn(DICTATION, said, line(8, (1.0, said.pcm16)), line(8, (3.0, noise(1.0, 4))))
    assert cut.cut
    assert cut.gap_seconds is None
    assert not cut.unanswered


def test_silence_is_no_answer() -> None:
    said = clip()
    assert turn(MENU, said, line(5, (1.0, said.pcm16)), silence(5)).unanswered


def test_a_prompt_is_stopped_from_the_callers_first_sound_to_its_own_last() -> None:
    said = clip(1.0)
    left = line(8, (2.0, said.pcm16))
    right = line(8, (0.5, noise(1.68, 3)), (3.5, noise(1.0, 4)))
    measured = turn(BARGE_IN, said, left, right)
    assert measured.stop_seconds == pytest.approx(0.18 + HEARD_LATER_SECONDS, abs=BLOCK_SECONDS)
    assert measured.gap_seconds == pytest.approx(0.5 + HEARD_LATER_SECONDS, abs=BLOCK_SECONDS)


def test_a_prompt_that_only_takes_breath_is_not_stopped() -> None:
    said = clip(1.0)
    left = line(8, (2.0, said.pcm16))
    right = line(8, (0.5, noise(1.6, 3)), (2.3, noise(0.5, 5)), (4.0, noise(1.0, 4)))
    assert turn(BARGE_IN, said, left, right).stop_seconds == pytest.approx(0.82, abs=BLOCK_SECONDS)


def test_a_prompt_that_was_over_cannot_be_stopped() -> None:
    said = clip(1.0)
    left, right = line(8, (2.0, said.pcm16)), line(8, (0.5, noise(1.0, 3)), (3.5, noise(1.0, 4)))
    assert turn(BARGE_IN, said, left, right).stop_seconds is None


def test_what_comes_after_the_next_turn_began_is_no_answer() -> None:
    said = clip()
    left, right = line(9, (1.0, said.pcm16)), line(9, (6.0, noise(1.0, 4)))
    place = place_of(said, left, 0)
    assert place is not None
    assert read_turn(MENU, said, place, is_sound(right), 5 * RATE_HZ).unanswered


def test_percentiles_are_cases_that_happened() -> None:
    row = Distribution("gaps", tuple(number / 100 for number in range(1, 101)), 0.45, 0.8)
    assert (row.p50, row.p95, row.max) == (0.51, 0.96, 1.0)
    assert row.met is False


def test_a_target_without_cases_is_not_met() -> None:
    assert Distribution("gaps", (), 0.45, 0.8).met is False
    assert Distribution("gaps", ()).met is None


def test_cut_numbers_are_counted_apart_from_gaps() -> None:
    figures = GapFigures.of(
        [Turn(DICTATION, "", 0.4), Turn(DICTATION, "", cut=True), Turn(MENU, "", 0.3), Turn(MENU, "")]
    )
    assert (figures.cut, figures.dictated, figures.unanswered, figures.closed.n) == (1, 2, 1, 2)
    assert figures.as_dict()["dictation"] == {"cut": 1, "n": 2}


def test_who_calls_out_of_a_crowd_is_counted_apart() -> None:
    figures = GapFigures.of(
        [Turn(MENU, "", 0.3), Turn(MENU, "", 2.0, in_crowd=True), Turn(BARGE_IN, "", 0.5, 0.1, in_crowd=True)]
    )
    assert (figures.closed.seconds, figures.barge_in.n) == ((0.3,), 0)
    assert [row.seconds for row in figures.in_crowd] == [(2.0,), (), (0.1,)]
    assert len(figures.turns) == 3


def test_a_prompt_that_goes_on_after_words_is_told() -> None:
    said = clip(1.0)
    left = line(12, (2.0, said.pcm16))
    stopped = line(12, (0.5, noise(1.6, 3)), (3.5, noise(1.5, 4)))
    went_on = line(12, (0.5, noise(1.6, 3)), (3.5, noise(6.0, 4)))
    assert not turn(BARGE_IN, said, left, stopped).resumed
    assert turn(BARGE_IN, said, left, went_on).resumed


def test_an_answer_into_a_prompt_that_was_to_be_heard_out_is_not_measured() -> None:
    said = clip(1.0)
    measured = turn(MENU, said, line(8, (2.0, said.pcm16)), line(8, (0.5, noise(3.0, 3)), (4.5, noise(1.0, 4))))
    assert measured.out_of_turn
    assert not measured.cut and not measured.unanswered
