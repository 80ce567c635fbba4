"""What Asterisk's manager sends, as typed values; read from panoramisk's messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from panoramisk.message import Message

# «ChanVariable: NAME=value», with a prefix for the event's other channels; up to Asterisk 11 with the channel's name.
VARIABLE_FIELD = re.compile(r"(Dest)?ChanVariable(?:\(.*\))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event. Fields bear Asterisk's own names; one that comes more than once holds its values line by line."""

    name: str  # e.g. "AgentCalled"
    fields: Mapping[str, str] = field(repr=False)  # callers' numbers among them
    channel_variables: Mapping[str, str]  # of the event's channel, as far as manager.conf's `channelvars` names them
    destination_variables: Mapping[str, str]  # the same of its DestChannel


@dataclass(frozen=True, slots=True)
class AmiResponse:
    """The answer to an action that succeeded."""

    message: str
    fields: Mapping[str, str] = field(repr=False)
    events: tuple[AmiEvent, ...]  # of actions that answer with a list; without the closing one

    @property
    def output(self) -> tuple[str, ...]:
        """Lines that a command-line command printed."""
        return tuple(self.fields.get("Output", "").split("\n")) if "Output" in self.fields else ()


def values_of(message: Message, field: str) -> list[str]:
    """List a field's values: panoramisk gives a plain string for one, and a list for more."""
    value = message.get(field, [])
    return list(value) if isinstance(value, list) else [value]


def event_from_message(message: Message) -> AmiEvent:
    """Read an event."""
    return AmiEvent(
        name=values_of(message, "Event")[0],
        fields=fields_from_message(message),
        channel_variables=MappingProxyType(dict(_variables(message, destination=False))),
        destination_variables=MappingProxyType(dict(_variables(message, destination=True))),
    )


def response_from_messages(response: Message, events: list[Message]) -> AmiResponse:
    """Read an answer with the events of its list."""
    return AmiResponse(
        message="\n".join(values_of(response, "Message")),
        fields=fields_from_message(response),
        events=tuple(event_from_message(event) for event in events),
    )


def fields_from_message(message: Message) -> Mapping[str, str]:
    """Read all fields as text, without the empty `content` that panoramisk adds."""
    return MappingProxyType({name: "\n".join(values_of(message, name)) for name in message if name != "content"})


def _variables(message: Message, *, destination: bool) -> Iterator[tuple[str, str]]:
    for field_name in message:
        match = VARIABLE_FIELD.fullmatch(field_name)
        if match is not None and (match[1] is not None) == destination:
            for assignment in values_of(message, field_name):
                name, _, value = assignment.partition("=")
                yield name, value
