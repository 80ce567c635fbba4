"""The state of one conversation: small, immutable, serialisable; saved after every turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from dialogs.engine.vocabulary import HandOff, HangUp, Prompt, Value

VERSION = 1


class StateUnreadable(Exception):
    """Bytes that are no state of this version; the call goes on from the beginning, or to an agent."""


class Source(StrEnum):
    """Where a slot's value came from."""

    VOICE = "voice"
    KEYS = "keys"
    NUMBER = "number"  # the caller's number
    SYSTEM = "system"


class Mode(StrEnum):
    """How the caller can answer."""

    VOICE = "voice"
    KEYS = "keys"


class Waiting(StrEnum):
    """What the engine waits for."""

    NOTHING = "nothing"
    ANSWER = "answer"
    CONFIRMATION = "confirmation"  # of what was read back
    ACTION = "action"


class Entry(StrEnum):
    """How a flow came onto the stack."""

    LINKED = "linked"
    CALLED = "called"  # the calling step goes on after it
    INTERRUPTING = "interrupting"  # the interrupted step is entered again after it


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A filled slot."""

    value: Value
    source: Source
    confidence: float = 1.0  # 0..1
    confirmed: bool = False
    grouped: str = ""  # of a number: as the caller grouped it, see `dialogs.grammar.grouping`


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow on the stack and the step it is at."""

    flow: str
    step: str
    entry: Entry = Entry.LINKED
    result: Mapping[str, Value] = field(default_factory=dict)  # of the flow's last action
    answered: tuple[str, ...] = ()  # questions since then, for «назад»


@dataclass(frozen=True, slots=True)
class Misses:
    """How often a question was not answered, asked for again, or answered by correcting a number."""

    no_input: int = 0
    no_match: int = 0
    repeats: int = 0
    corrections: int = 0

    def plus(self, more: Misses) -> Misses:
        """Add up."""
        return Misses(
            self.no_input + more.no_input,
            self.no_match + more.no_match,
            self.repeats + more.repeats,
            self.corrections + more.corrections,
        )


@dataclass(frozen=True, slots=True)
class DialogueState:
    """Where a conversation stands."""

    bundle: str  # content hash
    frames: tuple[Frame, ...] = ()
    waiting: Waiting = Waiting.NOTHING
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    candidate: SlotValue | None = None  # read back, not confirmed
    phrase: str = ""  # free speech whose meaning is being found out
    is_understanding: bool = False  # an Understood is to come for it
    proposals: tuple[str, ...] = ()  # flows that it may mean, likeliest first; the first one is being asked about
    half_corrected: str = ""  # a correction whose group or digits are still to come, in the caller's words
    misses: Mapping[str, Misses] = field(default_factory=dict)  # by question id
    said: tuple[Prompt, ...] = ()  # for «повторите»
    mode: Mode = Mode.VOICE
    topic: str | None = None  # the last flow with a task that was no mere digression
    asked: tuple[str, ...] = ()  # for the agent, in Russian
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    turns: int = 0
    phrases: int = 0  # free ones whose meaning was found out
    final: HandOff | HangUp | None = None
    hung_up: bool = False
    call_id: str = ""  # what operation keys are made of
    operations: int = 0  # changing actions that came back

    def to_bytes(self) -> bytes:
        """Serialise as JSON."""
        data = {"version": VERSION, **_members(self)}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_members).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> DialogueState:
        """Read a state back.

        Raises:
            StateUnreadable: damaged, or written by another version.
        """
        try:
            saved: dict[str, Any] = json.loads(data)
            if saved.pop("version") != VERSION:
                raise StateUnreadable("another version")
            candidate = saved["candidate"]
            return cls(
                **saved
                | {
                    "frames": tuple(_frame(frame) for frame in saved["frames"]),
                    "waiting": Waiting(saved["waiting"]),
                    "slots": {name: _slot_value(value) for name, value in saved["slots"].items()},
                    "candidate": None if candidate is None else _slot_value(candidate),
                    "misses": {name: Misses(**misses) for name, misses in saved["misses"].items()},
                    "said": tuple(Prompt(**prompt) for prompt in saved["said"]),
                    "mode": Mode(saved["mode"]),
                    "asked": tuple(saved["asked"]),
                    "proposals": tuple(saved["proposals"]),
                    "done": tuple(saved["done"]),
                    "left": tuple(saved["left"]),
                    "final": _final(saved["final"]),
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StateUnreadable(str(error)) from error


def _members(record: Any) -> dict[str, Any]:
    """Give a record's members; how the conversation ends is of two kinds, so it tells which."""
    members = {member.name: getattr(record, member.name) for member in fields(record)}
    match record:
        case HandOff():
            return members | {"kind": "hand_off"}
        case HangUp():
            return members | {"kind": "hang_up"}
    return members


def plain(value: object) -> Value:
    """Make foreign data plain, so that it survives serialisation."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if value == value and abs(value) != float("inf") else None
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return tuple(plain(item) for item in value)
        case _:
            return str(value)


def _plain_record(data: Mapping[str, Any]) -> dict[str, Value]:
    return {name: plain(value) for name, value in data.items()}


def _frame(data: dict[str, Any]) -> Frame:
    plain_data = {"entry": Entry(data["entry"]), "result": _plain_record(data["result"])}
    return Frame(**data | plain_data | {"answered": tuple(data["answered"])})


def _slot_value(data: dict[str, Any]) -> SlotValue:
    return SlotValue(**data | {"value": plain(data["value"]), "source": Source(data["source"])})


def _final(data: dict[str, Any] | None) -> HandOff | HangUp | None:
    if data is None:
        return None
    if data.pop("kind") == "hang_up":
        return HangUp(**data)
    lists = {name: tuple(data[name]) for name in ("asked", "done", "left")}
    return HandOff(**data | lists)
