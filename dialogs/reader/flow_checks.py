"""What can be wrong with a flow as a whole: steps nobody reaches, loops without a question, lost calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dialogs.engine import bundle as names
from dialogs.engine.bundle import Flow
from dialogs.engine.steps.action import Action
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.collect import Collect
from dialogs.engine.steps.handoff import HandOffStep
from dialogs.engine.steps.hang_up import HangUpStep
from dialogs.engine.steps.link import Link
from dialogs.engine.steps.step import END, Step
from dialogs.reader.problems import Place, Problems
from dialogs.reader.steps import targets

Places = Mapping[tuple[str, str], Place]
"""Where each step of each flow stands; the flow itself under an empty step."""


def check_flows(flows: Mapping[str, Flow], places: Places, problems: Problems) -> None:
    """Tell of all of it."""
    called = {step.flow for flow in flows.values() for step in flow.steps.values() if isinstance(step, Call)}
    for flow in flows.values():
        _reach(flow, places, problems)
        _loops(flow, places, problems)
        _exits(flow, places, problems)
        if flow.id in called:
            _links_of_called(flow, places, problems)
        if flow.id in (names.HUMAN_HANDOFF, names.INTERNAL_ERROR):
            _must_hand_off(flow, places, problems)
    _calls_in_circles(flows, places, problems)


def resets(flow: Flow, flows: Mapping[str, Flow], persisted: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the slots that a flow, or one it calls, collects and does not keep."""
    collected: dict[str, None] = {}
    waiting, seen = [flow.id], set[str]()
    while waiting:
        current = waiting.pop()
        if current in seen or current not in flows:
            continue
        seen.add(current)
        for step in flows[current].steps.values():
            match step:
                case Collect():
                    collected[step.asking.slot] = None
                case Call():
                    waiting.append(step.flow)
                case _:
                    pass
    kept = {slot for each in seen for slot in persisted.get(each, ())}
    return tuple(slot for slot in collected if slot not in kept)


def _reach(flow: Flow, places: Places, problems: Problems) -> None:
    reached, waiting = set[str](), [flow.first]
    while waiting:
        step = waiting.pop()
        if step in flow.steps and step not in reached:
            reached.add(step)
            waiting += targets(flow.steps[step])
    before: Step | None = None
    for each in flow.steps.values():
        if each.id not in reached:
            after_end = isinstance(before, HandOffStep | HangUpStep | Link) and before.id in reached
            problems.add(
                places[flow.id, each.id],
                f"до шага «{each.id}» нельзя дойти" + (": сценарий кончается шагом перед ним" if after_end else ""),
                "Сошлитесь на него в next какого-нибудь шага или удалите",
            )
        before = each


def _exits(flow: Flow, places: Places, problems: Problems) -> None:
    """Find steps from which the flow never ends; the agent at the end of a ladder is no exit."""
    ending = {step.id for step in flow.steps.values() if isinstance(step, Link | HandOffStep | HangUpStep)}
    ending |= {step.id for step in flow.steps.values() if END in targets(step)}
    grown = True
    while grown:
        more = {step.id for step in flow.steps.values() if ending.intersection(targets(step))} - ending
        grown = bool(more)
        ending |= more
    for step in flow.steps:
        if step not in ending:
            problems.add(
                places[flow.id, step],
                f"из шага «{step}» сценарий никогда не кончится",
                "Добавьте выход: next: END, handoff, hang_up или link",
            )
            return


def _loops(flow: Flow, places: Places, problems: Problems) -> None:
    """Find circles of steps none of which waits for the caller or an action."""
    done = set[str]()
    for start in flow.steps:
        path: list[str] = []
        stack: list[Iterator[str]] = [iter((start,))]
        while stack:
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                if path:
                    done.add(path.pop())
            elif step in path:
                circle = path[path.index(step) :]
                problems.add(
                    places[flow.id, step],
                    f"замкнутый круг без вопроса: {' → '.join((*circle, step))}",
                    "Вставьте в круг вопрос (collect) или выход из него",
                )
                return
            elif step in flow.steps and step not in done and not isinstance(flow.steps[step], Collect | Action):
                path.append(step)
                stack.append(iter(targets(flow.steps[step])))


def _links_of_called(flow: Flow, places: Places, problems: Problems) -> None:
    for step in flow.steps.values():
        if isinstance(step, Link):
            problems.add(
                places[flow.id, step.id],
                f"сценарий «{flow.id}» вызывают через call, поэтому link из него потерял бы вызвавшего",
                "Закончите его через END, а переход сделайте в вызвавшем сценарии",
            )


def _must_hand_off(flow: Flow, places: Places, problems: Problems) -> None:
    for step in flow.steps.values():
        if END in targets(step) or isinstance(step, Link):
            problems.add(
                places[flow.id, step.id],
                f"«{flow.id}» должен кончаться оператором, а этот шаг его обходит",
                "Ведите все ветки к шагу handoff",
            )


def _calls_in_circles(flows: Mapping[str, Flow], places: Places, problems: Problems) -> None:
    for flow in flows.values():
        waiting, seen = [flow.id], set[str]()
        while waiting:
            current = waiting.pop()
            for step in flows[current].steps.values() if current in flows else ():
                if not isinstance(step, Call):
                    continue
                if step.flow == flow.id:
                    problems.add(
                        places[current, step.id],
                        f"сценарии вызывают друг друга по кругу: {flow.id}",
                        "Уберите один из вызовов (call)",
                    )
                    return
                if step.flow not in seen:
                    seen.add(step.flow)
                    waiting.append(step.flow)
