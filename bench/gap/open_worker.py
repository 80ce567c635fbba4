"""The line's worker with one question of the bench heard as an open one: `python -m bench.gap.open_worker`.

The flows' language has no open questions yet, while the listening has them: so the bench's question «wish» is made
one after reading. Nothing else differs from `python -m ivr.worker`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dialogs.engine.bundle import Bundle, Flow
from dialogs.engine.steps.collect import Collect
from dialogs.reader import load_bundle
from dialogs.settings import DialogueSettings
from ivr import worker
from ivr.session import dialogue_loader

OPEN_SLOT = "wish"


def load_with_open_question(folder: Path, settings: DialogueSettings | None = None) -> Bundle:
    """Read a bundle; any words answer the question about OPEN_SLOT."""
    bundle = load_bundle(folder, settings)
    return replace(bundle, flows={name: _opened(flow) for name, flow in bundle.flows.items()})


def _opened(flow: Flow) -> Flow:
    steps = {}
    for name, step in flow.steps.items():
        if isinstance(step, Collect) and step.asking.slot == OPEN_SLOT:
            question = replace(step.asking.question, free_speech=True)
            step = replace(step, asking=replace(step.asking, question=question))
        steps[name] = step
    return replace(flow, steps=steps)


if __name__ == "__main__":
    dialogue_loader.load_bundle = load_with_open_question
    worker.main()
