import numpy as np

from asr_models.trainer.labels import IGNORED
from asr_models.trainer.windows import Shard, batch_count, batches


def shard(outputs: int, first: int = 0) -> Shard:
    """Frames that say their own number, a margin of two on either side."""
    numbers = np.arange(first, first + outputs + 4)
    labels = numbers.copy()
    labels[:2] = labels[-2:] = IGNORED
    return Shard(numbers[:, None].astype(np.float16), labels)


def test_every_label_stands_at_its_own_frame() -> None:
    for inputs, labels in batches([shard(300)], margin=2, window=10, batch=4, random=np.random.default_rng(1)):
        frames = inputs[:, 2:-2, 0]
        assert inputs.shape == (4, 14, 1)
        assert ((frames == labels) | (labels == IGNORED)).all()


def test_an_epoch_shows_no_frame_twice_and_most_of_them_once() -> None:
    shown = [
        number
        for _, labels in batches(
            [shard(300), shard(200, first=1000)], margin=2, window=10, batch=2, random=np.random.default_rng(2)
        )
        for number in labels.ravel().tolist()
        if number != IGNORED
    ]
    assert len(shown) == len(set(shown))
    assert len(shown) > 400
    assert max(shown) > 1000 > min(shown)


def test_the_number_of_batches_is_known_beforehand() -> None:
    shards = [shard(1000), shard(500)]
    made = list(batches(shards, margin=2, window=10, batch=8, random=np.random.default_rng(3)))
    assert abs(len(made) - batch_count(shards, margin=2, window=10, batch=8)) <= 1


def test_classes_and_probabilities_never_share_a_batch() -> None:
    numbers = np.arange(304)
    sure = np.pad(np.eye(3, dtype=np.float16)[numbers[2:-2] % 3], ((2, 2), (0, 0)))
    imitated = Shard(numbers[:, None].astype(np.float16), sure)

    kinds = [
        labels.ndim
        for _, labels in batches([shard(300), imitated], margin=2, window=10, batch=4, random=np.random.default_rng(4))
    ]

    assert set(kinds) == {2, 3}
    assert kinds != sorted(kinds)  # mixed over the epoch
