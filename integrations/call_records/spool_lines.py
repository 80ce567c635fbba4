"""Lines of the spool: one failed write each, as JSON with a schema version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from integrations.call_records.port import CallEnd, CallRecords, CallStart

SCHEMA_VERSION = 1


class SpoolLineGarbage(Exception):
    """A line that cannot be read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A call began."""

    start: CallStart
    kind: Literal["opened"] = "opened"

    @property
    def call_id(self) -> str:
        """The call this is about."""
        return self.start.call_id


@dataclass(frozen=True, slots=True)
class Closed:
    """A call ended."""

    call_id: str
    end: CallEnd
    kind: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True)
class AgentConnected:
    """An agent took a call."""

    call_id: str
    agent: str
    at: datetime
    kind: Literal["agent_connected"] = "agent_connected"


RecordWrite = Opened | Closed | AgentConnected


@dataclass(frozen=True, slots=True)
class SpoolLine:
    """One write that has to be done later."""

    version: int
    spooled_at: datetime
    write: Annotated[RecordWrite, Field(discriminator="kind")]


_LINE = TypeAdapter(SpoolLine)


def line_to_json(write: RecordWrite, spooled_at: datetime) -> bytes:
    """Write a line, without its line break."""
    return _LINE.dump_json(SpoolLine(SCHEMA_VERSION, spooled_at, write))


def line_from_json(line: bytes) -> SpoolLine:
    """Read a line.

    Raises:
        SpoolLineGarbage: torn, corrupt, or of another schema version.
    """
    try:
        read = _LINE.validate_json(line, strict=True)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
        raise SpoolLineGarbage(f"does not fit the schema: {places}") from None
    if read.version != SCHEMA_VERSION:
        raise SpoolLineGarbage(f"schema version {read.version}, this worker reads {SCHEMA_VERSION}")
    return read


async def carry_out(write: RecordWrite, records: CallRecords) -> None:
    """Do a write.

    Raises:
        CallRecordError, CallRecordRefused, CallUnknown
    """
    match write:
        case Opened(start):
            await records.open(start)
        case Closed(call_id, end):
            await records.close_call(call_id, end)
        case AgentConnected(call_id, agent, at):
            await records.agent_connected(call_id, agent, at)


async def carry_out_late(write: RecordWrite, records: CallRecords) -> None:
    """Do a write that was spooled: a call that another worker has gone on with meanwhile is not taken from it.

    Raises:
        CallRecordError, CallRecordRefused, CallUnknown
    """
    if isinstance(write, Opened) and await records.load(write.call_id) is not None:
        return
    await carry_out(write, records)
