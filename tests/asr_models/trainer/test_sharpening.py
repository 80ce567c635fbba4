from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from asr_models.trainer.labels import IGNORED
from asr_models.trainer.windows import Shard
from asr_models.trainer.word_loop import LoopWord, WordLoop

torch = pytest.importorskip("torch", reason="PyTorch is in the trainer's own environment only")

from asr_models.trainer.fitting import evaluate  # noqa: E402
from asr_models.trainer.head import Head, HeadShape  # noqa: E402
from asr_models.trainer.recipe import SharpeningRecipe  # noqa: E402
from asr_models.trainer.sharpening import sharpen  # noqa: E402

CLASSES = 6  # silence's two, then two phones of two frames each
LOOP = WordLoop(
    [LoopWord(((2, 3),), np.log(0.5)), LoopWord(((4, 5),), np.log(0.5))],
    silence=(0, 1),
    pdfs=CLASSES,
    silence_probability=0.5,
)
RECIPE = replace(
    SharpeningRecipe(),
    epochs=4.0,
    learning_rate=0.02,
    last_learning_rate=0.01,
    window_outputs=16,
    batch_windows=4,
    average_decay=0.8,
)


def speech(frames: int = 900) -> Shard:
    """Words of two classes in a row, with pauses; a frame's inputs are its class, blurred."""
    random = np.random.default_rng(2)
    labels: list[int] = []
    while len(labels) < frames:
        first = int(random.choice([0, 2, 4]))
        labels += [first, *[first + 1] * int(random.integers(1, 4))]
    inputs = np.eye(CLASSES)[labels] + random.normal(0, 0.6, (len(labels), CLASSES))
    classes = np.array(labels, np.int64)
    classes[[0, -1]] = IGNORED
    return Shard(inputs.astype(np.float16), classes)


@pytest.mark.parametrize("threads", [1, 3])
def test_whole_sequences_teach_a_head_that_knows_nothing(threads: int) -> None:
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    head = Head(HeadShape(CLASSES, 4, 12, 1, CLASSES))
    before, criteria = evaluate(head, speech())[1], []
    with ThreadPoolExecutor(threads) as pool:
        after = sharpen(
            head,
            [speech()],
            LOOP,
            (np.ones(CLASSES), np.zeros(CLASSES)),
            RECIPE,
            pool,
            report=lambda progress: criteria.append(progress.loss),
        )
    torch.set_num_threads(1)
    assert evaluate(after, speech())[1] > max(0.55, before + 0.2)
    assert criteria[-1] < criteria[0]
