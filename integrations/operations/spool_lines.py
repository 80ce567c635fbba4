"""Lines of the operations' spool: one accepted operation each, as JSON with a schema version."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from integrations.loyalty.port import Change
from integrations.operations.port import Operation


class LineGarbage(Exception):
    """A line that cannot be read; names the fields at fault, never their values."""


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    version: Literal[1] = 1
    key: str
    call_id: str
    change: Annotated[Change, Field(discriminator="kind")]
    accepted_at: AwareDatetime
    after: str | None


def operation_to_line(operation: Operation) -> bytes:
    """Write a line, without its line break."""
    line = _Line(
        key=operation.key,
        call_id=operation.call_id,
        change=operation.change,
        accepted_at=operation.accepted_at,
        after=operation.after,
    )
    return line.model_dump_json().encode()


def operation_from_line(line: bytes) -> Operation:
    """Read a line.

    Raises:
        LineGarbage: torn, corrupt, or of another schema version.
    """
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
    else:
        return Operation(read.key, read.call_id, read.change, read.accepted_at, read.after)
    raise LineGarbage(f"does not fit the schema: {places}")
