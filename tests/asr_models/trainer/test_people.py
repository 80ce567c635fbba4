"""Recordings of real people become clips."""

from pathlib import Path

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile", reason="soundfile is in the trainer's own environment only")

from asr_models.trainer.clips import BANK_RATE_HZ, OUTSIDE  # noqa: E402
from asr_models.trainer.people import PeopleUnreadable, cut, cut_people, load_people  # noqa: E402


def talk(seconds: float, level: float = 0.1, rate_hz: int = BANK_RATE_HZ) -> np.ndarray:
    noise = np.random.default_rng(round(100 * seconds)).standard_normal(round(seconds * rate_hz))
    return (level * noise).astype(np.float32)


def pause(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * BANK_RATE_HZ), np.float32)


def test_silence_around_speech_is_left_out() -> None:
    (clip,) = cut(np.concatenate([pause(2), talk(1), pause(0.5), talk(1), pause(3)]))
    assert 2.5 <= len(clip) / BANK_RATE_HZ < 2.7


def test_a_long_recording_is_cut_in_its_pauses_and_nothing_is_lost() -> None:
    clips = cut(np.concatenate([part for _ in range(10) for part in (talk(2.5), pause(0.5))]))
    assert len(clips) > 1
    assert all(len(clip) <= 12 * BANK_RATE_HZ for clip in clips)
    assert all(np.abs(clip[-1000:]).max() < 0.01 for clip in clips)
    assert 29 < sum(len(clip) for clip in clips) / BANK_RATE_HZ <= 30


@pytest.mark.parametrize("recording", [pause(5), talk(0.1), talk(3, level=1e-4), pause(0)])
def test_what_holds_no_speech_is_left_out(recording: np.ndarray) -> None:
    assert cut(recording) == []


def test_people_come_back_with_their_names_and_unknown_words(tmp_path: Path) -> None:
    for speaker, rate_hz in (("anna", 44_100), ("bob", 8_000)):
        (tmp_path / "source" / speaker).mkdir(parents=True)
        soundfile.write(tmp_path / "source" / speaker / "one.wav", talk(1, rate_hz=rate_hz), rate_hz)
    (tmp_path / "source" / "bob" / "LICENSE").write_text("words")

    assert cut_people(tmp_path / "source", tmp_path, 1) == 2

    anna, bob = sorted(load_people(tmp_path), key=lambda clip: clip.voice)
    assert (anna.voice, bob.voice) == ("anna", "bob")
    for clip in (anna, bob):
        assert len(clip.pcm) / BANK_RATE_HZ == pytest.approx(1, abs=0.05)
        (word,) = clip.words
        assert word.text == OUTSIDE
        assert word.phones[-1].end_seconds == pytest.approx(len(clip.pcm) / BANK_RATE_HZ)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PeopleUnreadable, match="one a speaker"):
        cut_people(tmp_path / "nowhere", tmp_path, 1)
    (tmp_path / "source" / "anna").mkdir(parents=True)
    (tmp_path / "source" / "anna" / "note.txt").write_text("words")
    with pytest.raises(PeopleUnreadable, match="no speech"):
        cut_people(tmp_path / "source", tmp_path, 1)
