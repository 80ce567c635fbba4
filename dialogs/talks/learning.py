"""Whether understanding can be trained on the phrases of a dialogue's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dialogs.nlu.training_data import TRAINING_FOLDER
from dialogs.reader.problems import FlowErrors, FlowProblem


def learn(dialogue: Path) -> None:
    """Train on a folder's own phrases, if it has some; blocks for seconds the first time.

    Raises:
        FlowErrors: they are faulty, or too few.
    """
    folder = dialogue / TRAINING_FOLDER
    if not folder.is_dir():
        return
    from dialogs.nlu.trained_once import trained_on  # slow to load, see dialogs.nlu.commands

    try:
        trained_on(folder)
    except FlowErrors as errors:
        problems = [replace(problem, file=f"{TRAINING_FOLDER}/{problem.file}") for problem in errors.problems]
        raise FlowErrors(problems) from None
    except ValueError:
        advice = "Нужно хотя бы два намерения и по три фразы в каждом"
        raise FlowErrors([FlowProblem(TRAINING_FOLDER, 1, "слишком мало фраз", advice)]) from None
