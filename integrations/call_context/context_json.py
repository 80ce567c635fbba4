"""Call contexts as JSON with a schema version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from integrations.call_context.port import CallContext, CallContextGarbage

SCHEMA_VERSION = 1
TRANSCRIPT_LIMIT = 50  # newest entries that a context keeps


@dataclass(frozen=True, slots=True)
class _Envelope:
    version: int
    context: CallContext


@dataclass(frozen=True, slots=True)
class _VersionOnly:
    version: int


_ENVELOPE = TypeAdapter(_Envelope)
_VERSION = TypeAdapter(_VersionOnly)


def bounded(context: CallContext) -> CallContext:
    """Keep the newest `TRANSCRIPT_LIMIT` entries of the transcript."""
    if len(context.transcript) <= TRANSCRIPT_LIMIT:
        return context
    return replace(context, transcript=context.transcript[-TRANSCRIPT_LIMIT:])


def context_to_json(context: CallContext) -> bytes:
    """Write a context, bounded, as UTF-8 JSON."""
    return _ENVELOPE.dump_json(_Envelope(SCHEMA_VERSION, bounded(context)))


def context_from_json(value: bytes) -> CallContext:
    """Read a context. Fields that a newer worker added are passed over.

    Raises:
        CallContextGarbage: not JSON, of another schema version, or with missing or wrong fields.
    """
    try:
        version = _VERSION.validate_json(value).version
        if version != SCHEMA_VERSION:
            raise CallContextGarbage(f"schema version {version}, this worker reads {SCHEMA_VERSION}")
        return _ENVELOPE.validate_json(value, strict=True).context
    except ValidationError as error:
        # The values stay out of the message: they are a person's data.
        places = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
        raise CallContextGarbage(f"does not fit the schema: {places}") from None
