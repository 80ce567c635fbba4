import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr_models.trainer.clips import Segment, Word
from asr_models.trainer.labels import output_at, output_bounds_seconds, outside_word, rasterise, read_words, write_words

SILENCE = (0, 1)


def test_a_phone_is_labelled_from_its_first_output_to_its_last() -> None:
    word = Word("да", (Segment("d", 0.0575, 0.0875), Segment("a", 0.0875, 0.1775)))
    labels = rasterise([word], 8, [[(2, 3), (4, 5)]], SILENCE)
    assert labels.tolist() == [0, 1, 2, 4, 5, 5, 0, 1]


def test_each_silence_begins_anew() -> None:
    word = Word("а", (Segment("a", 0.0575, 0.1175),))
    assert rasterise([word], 6, [[(2, 3)]], SILENCE).tolist() == [0, 1, 2, 3, 0, 1]


def test_a_phone_shorter_than_an_output_may_be_lost_but_its_neighbours_are_not() -> None:
    word = Word("да", (Segment("d", 0.02, 0.03), Segment("a", 0.03, 0.12)))
    assert rasterise([word], 4, [[(2, 3), (4, 5)]], SILENCE).tolist() == [0, 4, 5, 5]


def test_speech_after_the_end_is_left_out() -> None:
    word = Word("а", (Segment("a", 0.05, 9.0),))
    assert rasterise([word], 4, [[(2, 3)]], SILENCE).tolist() == [0, 1, 2, 3]


def test_outside_speech_has_one_class() -> None:
    assert rasterise([outside_word(0.03, 0.1)], 4, [[(8, 8)]], SILENCE).tolist() == [0, 8, 8, 0]


@given(st.integers(0, 5000))
def test_the_time_an_output_stands_for_is_its_own(output: int) -> None:
    start, end = output_bounds_seconds(output)
    assert output_at(start, 10_000) == output
    assert output_at(end, 10_000) == output + 1


def test_words_are_read_as_they_were_written() -> None:
    words = (
        Word("нет", (Segment("n'", 0.0, 0.0575), Segment("e", 0.0575, 0.1175))),
        outside_word(0.5, 1.25),
    )
    assert read_words(write_words(words)) == words
    assert read_words("") == ()


def test_labels_are_whole_numbers_for_pytorch() -> None:
    assert rasterise([], 3, [], SILENCE).dtype == np.int64
