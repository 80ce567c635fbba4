from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

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


def people(frames: int = 900) -> Shard:
    """Speech like none of the above, which a teacher takes for the last class."""
    inputs = np.random.default_rng(3).normal(-1.0, 0.3, (frames, CLASSES))
    answers = np.zeros((frames, CLASSES), np.float16)
    answers[1:-1, -1] = 1
    return Shard(inputs.astype(np.float16), answers)


def new_head() -> Head:
    return Head(HeadShape(CLASSES, 4, 12, 1, CLASSES))


def sharpened(head: Head, *, threads: int = 1, recipe: SharpeningRecipe = RECIPE, **more: Any) -> Head:
    with ThreadPoolExecutor(threads) as pool:
        scores_of_outputs = (np.ones(CLASSES), np.zeros(CLASSES))
        return sharpen(head, [speech()], LOOP, scores_of_outputs, recipe, pool, **more)


@pytest.mark.parametrize("threads", [1, 3])
def test_whole_sequences_teach_a_head_that_knows_nothing(threads: int) -> None:
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    head = new_head()
    before, criteria = evaluate(head, speech())[1], []
    after = sharpened(head, threads=threads, report=lambda progress: criteria.append(progress.loss))
    torch.set_num_threads(1)
    assert evaluate(after, speech())[1] > max(0.55, before + 0.2)
    assert criteria[-1] < criteria[0]


def test_what_a_teacher_says_of_real_people_is_learned_beside_the_words() -> None:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    recipe = replace(RECIPE, imitation_every=1, imitation_weight=1.0)
    after = sharpened(new_head(), recipe=recipe, imitation=[people()])
    heard = evaluate(after, Shard(people().frames, people().labels.argmax(1)))[1]
    assert heard > 0.95
    assert evaluate(after, speech())[1] > 0.55
