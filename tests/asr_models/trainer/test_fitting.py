from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asr_models.trainer.labels import IGNORED
from asr_models.trainer.windows import Shard

torch = pytest.importorskip("torch")

from asr_models.trainer.fitting import Progress, Schedule, evaluate, fit  # noqa: E402
from asr_models.trainer.head import Head, HeadShape  # noqa: E402

torch.set_num_threads(1)  # several wait for one another longer than they compute

SHAPE = HeadShape(inputs=4, bottleneck=4, width=8, layers=1, classes=3)
SCHEDULE = Schedule(
    epochs=4, learning_rate=0.02, last_learning_rate=0.005, window=8, batch=4, warm_up_steps=2, average_decay=0.8
)


def shard(frames: int = 600) -> Shard:
    """Frames whose class is the largest of three numbers."""
    inputs = np.random.default_rng(1).standard_normal((frames, 4)).astype(np.float16)
    labels = inputs[:, :3].argmax(axis=1).astype(np.int64)
    labels[[0, -1]] = IGNORED
    return Shard(inputs, labels)


def new_head() -> Head:
    torch.manual_seed(3)
    return Head(SHAPE)


class Interrupted(Exception):
    pass


def interrupt_in_epoch(number: int):
    def report(progress: Progress) -> None:
        if progress.epoch == number:
            raise Interrupted

    return report


def test_a_head_learns() -> None:
    before = evaluate(new_head(), shard())
    after = evaluate(fit(new_head(), [shard()], replace(SCHEDULE, epochs=12)), shard())
    assert after[0] < before[0] - 0.2
    assert after[1] > 0.7


def test_an_interrupted_training_goes_on_after_its_last_whole_epoch(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(Interrupted):
        fit(new_head(), [shard()], SCHEDULE, checkpoint=file, report=interrupt_in_epoch(2))
    epochs: list[int] = []
    resumed = fit(
        new_head(), [shard()], SCHEDULE, checkpoint=file, report=lambda progress: epochs.append(progress.epoch)
    )
    assert set(epochs) == {2, 3}
    whole = fit(new_head(), [shard()], SCHEDULE)
    for ours, theirs in zip(resumed.state_dict().values(), whole.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_training_out_of_time_stops() -> None:
    steps: list[float] = []
    schedule = Schedule(
        epochs=10_000, learning_rate=0.02, last_learning_rate=0.005, window=8, batch=4, limit_seconds=0.5
    )
    fit(new_head(), [shard()], schedule, report=lambda progress: steps.append(progress.fraction))
    assert steps
    assert max(steps) < 1


def test_what_is_to_be_ignored_teaches_nothing_and_is_not_counted() -> None:
    unlabelled = shard()
    unlabelled.labels[:] = IGNORED
    assert evaluate(new_head(), unlabelled) == (0.0, 0.0)


def test_a_head_learns_from_a_teachers_answers_alone() -> None:
    hard = shard()
    answers = np.zeros((len(hard.labels), 3), np.float16)
    answers[1:-1] = np.eye(3)[hard.labels[1:-1]] * 0.8 + 0.2 / 3
    before = evaluate(new_head(), hard)
    after = evaluate(fit(new_head(), [Shard(hard.frames, answers)], replace(SCHEDULE, epochs=12)), hard)
    assert after[0] < before[0] - 0.2
    assert after[1] > 0.7


def test_frames_without_an_answer_teach_nothing() -> None:
    inputs = shard().frames
    silent = Shard(inputs, np.zeros((len(inputs), 3), np.float16))
    taught = fit(new_head(), [silent], replace(SCHEDULE, weight_decay=0.0))
    for name, numbers in new_head().state_dict().items():
        if "running" not in name and numbers.is_floating_point():
            assert torch.equal(numbers, taught.state_dict()[name]), name
