"""What a caller may do instead of answering: want another flow, cancel the task, go back a question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Flow
from dialogs.engine.state import Entry
from dialogs.engine.steps.call import Call

if TYPE_CHECKING:
    from dialogs.engine.run import Run


def want(run: Run, flow_id: str) -> None:
    """Start a flow that the caller wants: on top of a task under way, else in place of what is running."""
    _leave_question(run)
    if any(frame.flow == flow_id for frame in run.frames):
        return  # it is under way: the question is put again
    flow = run.definition(flow_id)
    if run.is_busy or flow.task is None:
        run.call(flow_id, Entry.INTERRUPTING)
    else:
        run.link(flow_id)
    if run.phrase:
        _prefill(run, flow, set())
    run.phrase = ""


def propose(run: Run, flow_ids: Iterable[str]) -> None:
    """Ask which of these flows the caller wants."""
    _leave_question(run)
    run.proposals = tuple(flow_ids)
    run.call(names.CLARIFICATION, Entry.INTERRUPTING)


def cancel(run: Run) -> None:
    """End the task under way, and what runs on top of it."""
    entry, is_task = Entry.LINKED, False
    while run.frames and not is_task:
        flow, entry = run.flow, run.frame.entry
        is_task = flow.task is not None
        run.notes.end(flow.task, done=False)
        run.close_question()
        run.leave()
    if run.frames and entry is Entry.INTERRUPTING:
        run.call(names.CANCEL, Entry.INTERRUPTING)
    else:
        run.link(names.CANCEL)


def go_back(run: Run) -> bool:
    """Put the question before this one again; False when there is none in this flow since its last action."""
    if not run.frame.answered:
        return False
    *before, last = run.frame.answered
    run.close_question()
    run.frames[-1] = replace(run.frame, step=last, answered=tuple(before))
    slot = run.step.slot
    if slot is not None:
        run.clear_slot(slot)
    return True


def _prefill(run: Run, flow: Flow, seen: set[str]) -> None:
    """Let the questions of a flow, and of those it calls, take what the phrase says of them."""
    seen.add(flow.id)
    for step in flow.steps.values():
        step.take_from_phrase(run)
        if isinstance(step, Call) and step.flow not in seen:
            _prefill(run, run.definition(step.flow), seen)


def _leave_question(run: Run) -> None:
    """Close the open question; a number that was being read back will be read back again."""
    slot = run.step.slot
    if run.candidate is not None and slot is not None:
        run.slots[slot] = run.candidate
    run.close_question()
    run.proposals = ()
    if run.frame.flow == names.CLARIFICATION and len(run.frames) > 1:
        run.leave()
