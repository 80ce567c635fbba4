from __future__ import annotations

from random import Random

import numpy as np
import pytest

from bench.asr.channel import CONDITIONS, a_law, active_level_dbfs, coloured_noise, reverberant, through, with_losses


def tone(seconds: float = 1.0, level: float = 0.1, rate_hz: int = 8000) -> np.ndarray:
    moments = np.arange(int(seconds * rate_hz)) / rate_hz
    return (level * np.sqrt(2) * np.sin(2 * np.pi * 500 * moments)).astype(np.float32)


def test_a_law_keeps_a_tone_within_its_quantisation() -> None:
    sent = tone()
    heard = a_law(sent) / 32768
    noise = heard - sent
    assert 10 * np.log10((sent**2).mean() / (noise**2).mean()) > 36  # G.711: about 38 dB at such levels


def test_a_law_has_256_values_and_no_zero() -> None:
    values = np.unique(a_law(np.linspace(-1, 1, 65536, dtype=np.float32)))
    assert len(values) == 256
    assert 8 in values and -8 in values and 32256 in values


def test_the_level_of_speech_does_not_count_the_silence_around_it() -> None:
    speech = tone()
    padded = np.concatenate([np.zeros(16000, np.float32), speech, np.zeros(16000, np.float32)])
    assert active_level_dbfs(padded) == pytest.approx(active_level_dbfs(speech), abs=0.2)
    assert active_level_dbfs(speech) == pytest.approx(-20.0, abs=0.1)


def test_noise_of_any_colour_has_unit_power() -> None:
    for slope in (0.0, 1.0, 2.0):
        noise = coloured_noise(8000, slope, np.random.default_rng(1))
        assert float((noise**2).mean()) == pytest.approx(1.0, abs=0.01)


def test_about_the_asked_share_of_packets_is_lost() -> None:
    counting = np.repeat(np.arange(1, 4001, dtype=np.float32), 160)
    heard = with_losses(counting, 0.05, Random(3)).reshape(-1, 160)
    lost = (heard[:, 0] != np.arange(1, 4001)).mean()
    assert 0.035 < lost < 0.065


def test_a_room_lengthens_a_click() -> None:
    click = np.zeros(8000, np.float32)
    click[100] = 1.0
    heard = reverberant(click, 0.3, np.random.default_rng(1))
    assert heard[100] == pytest.approx(1.0)
    assert np.abs(heard[101:2000]).max() > 0.01
    assert np.abs(heard[100 + 2400 :]).max() < 1e-6


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_line_gives_back_each_clip_with_its_speech_in_place_and_always_the_same(condition) -> None:  # type: ignore[no-untyped-def]
    babble = coloured_noise(80000, 1.0, np.random.default_rng(2))
    clips = [("one", tone(1.0, rate_hz=16000)), ("two", tone(0.5, rate_hz=16000))]
    heard = through(condition, clips, babble)
    again = through(condition, clips, babble)
    assert all((first == second).all() for first, second in zip(heard, again, strict=True))
    for line, (_, clip) in zip(heard, clips, strict=True):
        speech = len(clip) / 16000
        assert speech + 0.9 < len(line) / 8000 < speech + 1.7
        middle = line[int(0.75 * 8000) : int((0.3 + speech) * 8000)].astype(np.float32)
        edge = line[:1600].astype(np.float32)
        assert (middle**2).mean() > (edge**2).mean()
