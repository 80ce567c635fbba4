import numpy as np
import pytest

from asr_models.trainer.clips import GARBAGE, OUTSIDE, Segment, Word
from asr_models.trainer.quiet import outside_words, quiet_outputs, within_speech


def sound(*parts: tuple[float, float]) -> np.ndarray:
    """Noise of (seconds, level), part after part."""
    random = np.random.default_rng(1)
    return np.concatenate([random.standard_normal(int(16_000 * s)) * level for s, level in parts]).astype(np.float32)


def test_edges_and_long_pauses_are_silent() -> None:
    quiet = quiet_outputs(sound((0.3, 0), (0.5, 0.1), (0.4, 0), (0.5, 0.1), (0.3, 0)), 66)
    assert quiet[:8].all()
    assert not quiet[11:25].any()
    assert quiet[29:38].all()
    assert not quiet[41:55].any()
    assert quiet[59:].all()


def test_the_closure_of_a_plosive_is_no_silence() -> None:
    assert not quiet_outputs(sound((0.5, 0.1), (0.1, 0), (0.5, 0.1)), 36).any()


def test_quiet_speech_is_speech() -> None:
    assert not quiet_outputs(sound((0.5, 0.1), (0.3, 0.005), (0.5, 0.1)), 43)[16:27].any()


def test_outside_speech_is_labelled_where_it_sounds() -> None:
    words = outside_words(sound((0.3, 0), (0.5, 0.1), (0.4, 0), (0.5, 0.1)))
    assert [word.text for word in words] == [OUTSIDE, OUTSIDE]
    assert [phone.unit for word in words for phone in word.phones] == [GARBAGE, GARBAGE]
    assert [phone.start_seconds for word in words for phone in word.phones] == pytest.approx([0.3, 1.2], abs=0.05)
    assert [phone.end_seconds for word in words for phone in word.phones] == pytest.approx([0.8, 1.7], abs=0.05)


def test_a_clip_without_any_sound_is_all_outside_nothing() -> None:
    assert len(outside_words(np.zeros(0, np.float32))) == 0


def test_an_alignment_is_drawn_to_where_the_clip_is_loud() -> None:
    clip = sound((0.3, 0), (0.5, 0.1), (0.3, 0))
    said = (
        Word("да", (Segment("d", 0.22, 0.4), Segment("a", 0.4, 0.5))),
        Word("да", (Segment("d", 0.5, 0.6), Segment("a", 0.6, 0.9))),
    )
    first, last = within_speech(said, clip)
    assert first.phones == (Segment("d", pytest.approx(0.3, abs=0.02), 0.4), Segment("a", 0.4, 0.5))
    assert last.phones == (Segment("d", 0.5, 0.6), Segment("a", 0.6, pytest.approx(0.8, abs=0.02)))


def test_an_alignment_in_silence_keeps_half_of_a_phone() -> None:
    clip = sound((0.5, 0), (0.5, 0.1), (0.3, 0))
    (word,) = within_speech((Word("а", (Segment("a", 0.1, 0.3),)),), clip)
    assert word.phones == (Segment("a", pytest.approx(0.2), pytest.approx(0.3)),)
