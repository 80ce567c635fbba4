"""Desk events as JSON with a schema version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from integrations.call_context.context_json import bounded
from integrations.desk.port import DeskEvent

SCHEMA_VERSION = 1


class DeskEventGarbage(Exception):
    """A stored event that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    version: int
    event: DeskEvent


@dataclass(frozen=True, slots=True)
class _VersionOnly:
    version: int


_ENVELOPE = TypeAdapter(_Envelope)
_VERSION = TypeAdapter(_VersionOnly)


def event_to_json(event: DeskEvent) -> bytes:
    """Write an event, its transcript bounded, as UTF-8 JSON."""
    return _ENVELOPE.dump_json(_Envelope(SCHEMA_VERSION, replace(event, context=bounded(event.context))))


def event_from_json(value: bytes) -> DeskEvent:
    """Read an event.

    Raises:
        DeskEventGarbage: not JSON, of another schema version, or with missing or wrong fields.
    """
    try:
        version = _VERSION.validate_json(value).version
        if version != SCHEMA_VERSION:
            raise DeskEventGarbage(f"schema version {version}, this worker reads {SCHEMA_VERSION}")
        return _ENVELOPE.validate_json(value, strict=True).event
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
        raise DeskEventGarbage(f"does not fit the schema: {places}") from None
