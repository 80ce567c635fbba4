"""How long a caller can be kept by a flow at the worst: every answer at the last rung of the longer ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from dialogs.engine.bundle import Bundle, Flow
from dialogs.engine.steps.action import Action
from dialogs.engine.steps.call import Call
from dialogs.engine.steps.collect import Asking, Collect, Ladder
from dialogs.engine.steps.say import SayStep
from dialogs.engine.steps.step import Step
from dialogs.reader.spoken_length import longest_seconds
from dialogs.reader.steps import targets


@dataclass(frozen=True, slots=True)
class CallTime:
    """The worst case of one flow, the flows it calls included."""

    flow: str
    name: str
    questions: int  # of the flow itself
    seconds: float


def call_times(bundle: Bundle) -> tuple[CallTime, ...]:
    """Return the worst case of every flow, longest first; a circle of steps is passed once, all of them counted."""
    flows = bundle.flows.values()
    called = {flow.id: {step.flow for step in flow.steps.values() if isinstance(step, Call)} for flow in flows}
    seconds: dict[str, float] = {}
    for flow_id in TopologicalSorter(called).static_order():
        seconds[flow_id] = _longest_way(bundle, bundle.flows[flow_id], seconds)
    times = (
        CallTime(flow.id, flow.name, sum(isinstance(step, Collect) for step in flow.steps.values()), seconds[flow.id])
        for flow in flows
    )
    return tuple(sorted(times, key=lambda each: (-each.seconds, each.flow)))


def _longest_way(bundle: Bundle, flow: Flow, called: Mapping[str, float]) -> float:
    reach = {step: _reached(flow, step) for step in flow.steps}
    circle_of = {step: min(other for other in reach[step] if step in reach[other]) for step in flow.steps}
    weights: dict[str, float] = dict.fromkeys(circle_of.values(), 0.0)
    following: dict[str, set[str]] = {circle: set() for circle in weights}
    for step in flow.steps.values():
        circle = circle_of[step.id]
        weights[circle] += _step_seconds(bundle, step, called)
        following[circle] |= {circle_of[target] for target in targets(step) if target in flow.steps} - {circle}
    longest: dict[str, float] = {}
    for circle in TopologicalSorter(following).static_order():  # what follows comes first
        longest[circle] = weights[circle] + max((longest[each] for each in following[circle]), default=0.0)
    return longest[circle_of[flow.first]]


def _reached(flow: Flow, start: str) -> set[str]:
    """Return the steps that may come after one, itself included."""
    reached, waiting = set[str](), [start]
    while waiting:
        step = waiting.pop()
        if step in flow.steps and step not in reached:
            reached.add(step)
            waiting += targets(flow.steps[step])
    return reached


def _step_seconds(bundle: Bundle, step: Step, called: Mapping[str, float]) -> float:
    match step:
        case SayStep(responses=responses):
            return _said(bundle, responses)
        case Action(action=action, waiting=waiting):
            return bundle.actions[action].limit_seconds + (_said(bundle, (waiting,)) if waiting is not None else 0.0)
        case Call(flow=flow):
            return called[flow]
        case Collect(asking=asking, read_back=read_back):
            return sum(_asking_seconds(bundle, each) for each in (asking, read_back) if each is not None)
        case _:
            return 0.0


def _asking_seconds(bundle: Bundle, asking: Asking) -> float:
    limits = asking.question.limits
    silent = _ladder(bundle, asking.no_input, limits.start_seconds)
    misunderstood = _ladder(bundle, asking.no_match, limits.max_seconds)
    return max(_said(bundle, (asking.utter,)), _said(bundle, (asking.utter_keys,))) + max(silent, misunderstood)


def _ladder(bundle: Bundle, ladder: Ladder, each_seconds: float) -> float:
    return _said(bundle, ladder.rungs) + each_seconds * (len(ladder.rungs) + 1)


def _said(bundle: Bundle, responses: Iterable[str]) -> float:
    return sum(longest_seconds(bundle.responses[response]) for response in responses)
