from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from tts.hold_music import hold_music, write_hold_music


def test_the_music_is_always_the_same_telephone_sound(tmp_path: Path) -> None:
    write_hold_music(tmp_path / "one.wav")
    write_hold_music(tmp_path / "two.wav")

    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()
    with wave.open(str(tmp_path / "one.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 30 <= file.getnframes() / 8000 <= 60


def test_it_is_quiet_never_silent_and_never_clips() -> None:
    samples = np.frombuffer(hold_music().pcm16, "<i2").astype(float) / 32768
    seconds = np.sqrt(np.mean(samples.reshape(-1, 8000) ** 2, axis=1))

    assert np.abs(samples).max() < 0.5
    assert seconds.min() > 10 ** (-40 / 20)
    assert seconds.max() < 10 ** (-20 / 20)


def test_it_loops_without_a_click() -> None:
    samples = np.frombuffer(hold_music().pcm16, "<i2").astype(int)
    steps = np.abs(np.diff(samples))

    assert abs(int(samples[0]) - int(samples[-1])) <= steps.max()
