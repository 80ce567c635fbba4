import numpy as np
import pytest

from asr_models.trainer import handset
from asr_models.trainer.clips import TELEPHONE_RATE_HZ


def burst(noise: float) -> np.ndarray:
    random = np.random.default_rng(3)
    samples = random.standard_normal(2 * TELEPHONE_RATE_HZ) * noise
    samples[6000:10000] += random.standard_normal(4000) * 0.2
    return samples.astype(np.float32)


@pytest.mark.parametrize("effect", [handset.suppress_noise, handset.gate, handset.level_out])
def test_speech_stays_where_it_was(effect):
    before = burst(noise=0.004)
    after = effect(before, np.random.default_rng(1))
    assert after.shape == before.shape and after.dtype == np.float32
    lags = np.correlate(after[5000:11000], before[5000:11000], mode="same")
    assert abs(int(lags.argmax()) - 3000) <= 1


@pytest.mark.parametrize("effect", [handset.suppress_noise, handset.gate])
def test_noise_between_words_becomes_less(effect):
    before = burst(noise=0.004)
    after = effect(before, np.random.default_rng(1))
    assert np.std(after[:4000]) < 0.9 * np.std(before[:4000])


def test_gain_control_lifts_pauses_and_presses_loud_speech():
    before = burst(noise=0.004)
    after = handset.level_out(before, np.random.default_rng(1))
    assert np.std(after[7000:9000]) / np.std(after[:4000]) < np.std(before[7000:9000]) / np.std(before[:4000])


@pytest.mark.parametrize("effect", [handset.suppress_noise, handset.gate, handset.level_out])
def test_silence_and_scraps_pass(effect):
    for samples in (np.zeros(8000, np.float32), np.ones(7, np.float32)):
        after = effect(samples, np.random.default_rng(1))
        assert len(after) == len(samples) and np.isfinite(after).all()
