"""Scenario files: read, checked, and told about with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ivr.softphone.errors import CallerVoiceFailed, ScenarioInvalid
from ivr.softphone.scenario import Scenario

SHIPPED_DIR = Path(__file__).with_name("scenarios")
DEMONSTRATION = ("balance", "operator")

# What a value behind the step's name means: `say: баланс`.
_SHORT_FORM = {
    "wait_prompt": "limit_seconds",
    "wait_sound": "limit_seconds",
    "say": "text",
    "press": "keys",
    "silence": "seconds",
    "expect_transcript": "phrases",
    "expect_not_heard": "phrases",
    "expect_ended": "by",
    "wait_agent": "limit_seconds",
    "hang_up": None,
}


def shipped_scenario(name: str) -> Path:
    """Return the file of a scenario that comes with Yulia.

    Raises:
        ScenarioInvalid: there is none of that name.
    """
    path = SHIPPED_DIR / f"{name}.yml"
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in SHIPPED_DIR.glob("*.yml")))
        raise ScenarioInvalid(f"there is no scenario {name!r}: give a file, or one of {there}")
    return path


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioInvalid: every fault with its file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioInvalid(f"{path}: cannot be read: {error}") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioInvalid(f"{path}:{line}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ScenarioInvalid(f"{path}: not YAML: {error}") from error
    if not isinstance(root, MappingNode):
        raise ScenarioInvalid(f"{path}:1: a scenario is a mapping with name, caller_number and steps")
    return _checked(path, root, content)


def _checked(path: Path, root: MappingNode, content: dict[str, Any]) -> Scenario:
    steps = _child(root, "steps")
    lines: tuple[int, ...] = ()
    if isinstance(steps, SequenceNode) and isinstance(content.get("steps"), list):
        lines = tuple(node.start_mark.line + 1 for node in steps.value)
        content["steps"] = [
            _long_form(step, f"{path}:{line}") for step, line in zip(content["steps"], lines, strict=True)
        ]
    try:
        scenario = TypeAdapter(Scenario).validate_python(content)
    except CallerVoiceFailed as error:
        voice = _child(root, "voice") or root
        raise ScenarioInvalid(f"{path}:{voice.start_mark.line + 1}: {error}") from error
    except ValidationError as error:
        faults = [f"{path}:{_line(root, fault['loc'])}: {_in_words(fault)}" for fault in error.errors()]
        raise ScenarioInvalid("\n".join(faults)) from error
    return scenario.model_copy(update={"step_lines": lines, "file": path})


def _long_form(step: object, where: str) -> object:
    match step:
        case str():
            name, value = step, None
        case dict() if len(step) == 1:
            name, value = next(iter(step.items()))
        case _:
            raise ScenarioInvalid(f"{where}: a step is a name, or a name and its value, such as `- say: баланс`")
    if name not in _SHORT_FORM:
        raise ScenarioInvalid(f"{where}: there is no step {name!r}; there are {', '.join(_SHORT_FORM)}")
    if isinstance(value, dict):
        return {"step": name, **value}
    if value is None:
        return {"step": name}
    short = _SHORT_FORM[name]
    if short is None:
        raise ScenarioInvalid(f"{where}: {name} takes no value")
    return {"step": name, short: value}


def _in_words(fault: Any) -> str:
    # Steps carry their kind in the place, which the line already shows.
    place = ".".join(str(part) for part in fault["loc"] if not isinstance(part, int))
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def _line(root: Node, place: Sequence[int | str]) -> int:
    node = root
    for part in place:
        child = _child(node, part)
        if child is not None:
            node = child
        elif isinstance(node, MappingNode) and len(node.value) == 1 and isinstance(node.value[0][1], MappingNode):
            # A step's own values lie one level deeper: `- say: {wav: …}`.
            node = _child(node.value[0][1], part) or node
    return node.start_mark.line + 1


def _child(node: Node, part: int | str) -> Node | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: Node = node.value[part]
        return found
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == part:
                child: Node = value
                return child
    return None
