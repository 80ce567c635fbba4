"""What a teacher hears in clean speech is the lesson for the same speech in a call."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is in the trainer's own environment only")

from asr_models.trainer import imitation  # noqa: E402
from asr_models.trainer.clips import BANK_RATE_HZ, AlignedClip, TelephoneUtterance  # noqa: E402
from asr_models.trainer.imitation import load_imitation, make_shard  # noqa: E402
from asr_models.trainer.recipe import FeaturesRecipe  # noqa: E402


class Teacher:
    """Answers with the level of what it hears: class 1 where it is loud."""

    margin = 2

    def __call__(self, cepstra: torch.Tensor) -> torch.Tensor:
        heard = cepstra[:, self.margin : -self.margin]
        loud = 2 * (heard[:, :, 0] > 20).float() - 1
        return torch.stack([-8 * loud, 8 * loud], dim=2)


def test_answers_are_of_the_clean_speech_and_stand_at_their_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    clean = np.zeros(16_000, np.int16)
    clean[8_000:] = 3_000 * rng.standard_normal(8_000)
    noisy = (3_000 * rng.standard_normal(16_000)).astype(np.int16)
    monkeypatch.setattr(imitation, "augmented", lambda seed, clips: iter([TelephoneUtterance(noisy, clean, ())] * 3))
    monkeypatch.setattr(imitation, "_teacher", lambda work_dir: Teacher())
    monkeypatch.setattr(imitation, "_people", lambda work_dir: [AlignedClip("a", "a", np.zeros(BANK_RATE_HZ), ())])
    imitation.imitation_dir(tmp_path).mkdir()

    make_shard(imitation.Plan(0, tmp_path, FeaturesRecipe(shard_hours=4 / 3600)))

    (shard,) = load_imitation(tmp_path, 5)
    one = len(shard.labels) // 2
    assert shard.frames.shape[0] == len(shard.labels) == 2 * one  # two utterances of 2 s
    answers = np.asarray(shard.labels[:one], np.float32)
    assert not answers[:2].any()
    assert not answers[-2:].any()
    assert answers[2:-2].sum(axis=1) == pytest.approx(1, abs=0.01)
    assert answers[5:30, 1].max() < 0.6  # silent when clean, however loud the call is
    assert answers[40:-5, 1].min() > 0.9
