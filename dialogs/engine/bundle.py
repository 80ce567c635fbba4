"""A checked dialogue: flows, slots, responses and contracts of actions. Immutable, named by its content hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialogs.engine.steps.step import Step
from dialogs.engine.templates import Template
from dialogs.engine.vocabulary import Prompt, Value

START = "pattern_session_start"
COMPLETED = "pattern_completed"
HUMAN_HANDOFF = "pattern_human_handoff"
INTERNAL_ERROR = "pattern_internal_error"
CANCEL = "pattern_cancel"
CLARIFICATION = "pattern_clarification"
CANNOT_HANDLE = "pattern_cannot_handle"
PATTERNS = (START, COMPLETED, HUMAN_HANDOFF, INTERNAL_ERROR, CANCEL, CLARIFICATION, CANNOT_HANDLE)
"""Flows that the engine starts by itself; every bundle has them."""

UTTER_RESUMED = "utter_resumed"
UTTER_HEARING_FAILED = "utter_hearing_failed"
UTTER_CONTINUE = "utter_continue"
UTTER_WAIT = "utter_wait"
ENGINE_RESPONSES = (UTTER_RESUMED, UTTER_HEARING_FAILED, UTTER_CONTINUE, UTTER_WAIT)
"""Responses that the engine says by itself; every bundle has them, without placeholders."""

CALLER_NUMBER = "caller_number"
HANDOFF_REASON = "handoff_reason"
ENGINE_SLOTS = (CALLER_NUMBER, HANDOFF_REASON)
"""Slots that the engine fills by itself."""


class SlotKind(StrEnum):
    """What a slot holds."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    NUMBER_STRING = "number_string"
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class SlotOption:
    """One answer to a choice."""

    value: str
    phrases: tuple[str, ...]
    key: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A named value of the conversation."""

    name: str
    kind: SlotKind
    sensitive: bool = False
    initial: Value = None
    options: tuple[SlotOption, ...] = ()  # of a choice
    yes: tuple[str, ...] = ()  # further phrases of a yes_no
    no: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()  # of a number_string: how it is read when the caller has not grouped it


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a response."""

    text: Template
    recorded: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """Something to say, in one or more wordings that take turns."""

    id: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an action's result."""

    kind: SlotKind
    values: tuple[str, ...] = ()  # of a choice
    optional: bool = False  # may be null
    items: Mapping[str, Field] | None = None  # of a list of records


@dataclass(frozen=True, slots=True)
class ActionContract:
    """What an action takes and gives."""

    name: str
    arguments: Mapping[str, SlotKind]
    result: Mapping[str, Field]
    limit_seconds: float
    changes: bool = False  # something outside: it is written first, and done once

    def fits(self, result: Mapping[str, Value]) -> bool:
        """Say whether a result keeps the contract; further fields are allowed."""
        return _fits(self.result, result)


def _fits(fields: Mapping[str, Field], record: object) -> bool:
    return isinstance(record, Mapping) and all(_field_fits(field, record.get(name)) for name, field in fields.items())


def _field_fits(field: Field, value: object) -> bool:
    if value is None:
        return field.optional
    match field.kind:
        case SlotKind.CHOICE:
            return value in field.values
        case SlotKind.FLAG | SlotKind.YES_NO:
            return isinstance(value, bool)
        case SlotKind.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case SlotKind.TEXT | SlotKind.NUMBER_STRING:
            return isinstance(value, str)
        case SlotKind.LIST:
            items = field.items
            return isinstance(value, tuple) and (items is None or all(_fits(items, item) for item in value))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain values, all with the same columns."""

    name: str
    columns: Mapping[str, Field]
    rows: tuple[Mapping[str, Value], ...]

    def matching(self, cells: Mapping[str, Value]) -> tuple[Mapping[str, Value], ...]:
        """Return the rows with these cells, in order; texts are the same whatever their case and dots over «е»."""
        wanted = {column: _comparable(value) for column, value in cells.items()}
        return tuple(
            row for row in self.rows if all(_comparable(row[column]) == value for column, value in wanted.items())
        )


def _comparable(value: Value) -> Value:
    match value:
        case str():
            return value.casefold().replace("ё", "е")
        case bool():
            return str(value)  # 1 is not true
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Trigger:
    """An intent that starts a flow."""

    intent: str
    confidence: float  # 0..1: from here on without asking whether it is meant


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow, its nested steps laid flat."""

    id: str
    name: str
    steps: Mapping[str, Step]
    first: str
    task: str | None = None  # what the caller wants by it, in Russian, for the agent
    queue: str | None = None  # where callers go who ask for an agent in it
    resets: tuple[str, ...] = ()  # slots that are forgotten when it ends
    triggers: tuple[Trigger, ...] = ()
    confirm: str | None = None  # response that asks whether this flow is meant
    is_digression: bool = True  # may be started in the middle of another task


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a call needs of the dialogue."""

    hash: str  # hex, of the files' content
    flows: Mapping[str, Flow]
    slots: Mapping[str, Slot]
    responses: Mapping[str, Response]
    actions: Mapping[str, ActionContract]
    queues: Mapping[str, str]  # id -> name in Russian
    default_queue: str
    facts: Mapping[str, Value]  # what `settings.` stands for
    tables: Mapping[str, Table] = field(default_factory=dict)

    def triggered_by(self, intent: str) -> tuple[Flow, Trigger] | None:
        """Return the flow that an intent starts."""
        for flow in self.flows.values():
            for trigger in flow.triggers:
                if trigger.intent == intent:
                    return flow, trigger
        return None

    def static_prompts(self) -> tuple[Prompt, ...]:
        """Return every prompt that is always the same, to be spoken into the cache beforehand."""
        return tuple(
            Prompt(response.id, variant.text.render({}), variant.recorded)
            for response in self.responses.values()
            for variant in response.variants
            if variant.text.is_static
        )
