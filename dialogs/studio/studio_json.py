"""Versions and the pointer as JSON with a schema version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from dialogs.studio.port import Pointer, StudioGarbage, Version

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class _StoredVersion:
    schema: int
    version: Version


@dataclass(frozen=True, slots=True)
class _StoredPointer:
    schema: int
    pointer: Pointer


Stored = TypeVar("Stored", _StoredVersion, _StoredPointer)
_VERSION = TypeAdapter(_StoredVersion)
_POINTER = TypeAdapter(_StoredPointer)


def version_to_json(version: Version) -> bytes:
    """Write a version as UTF-8 JSON."""
    return _VERSION.dump_json(_StoredVersion(SCHEMA_VERSION, version))


def version_from_json(value: bytes) -> Version:
    """Read a version.

    Raises:
        StudioGarbage
    """
    return _read(_VERSION, value).version


def pointer_to_json(pointer: Pointer) -> bytes:
    """Write the pointer as UTF-8 JSON."""
    return _POINTER.dump_json(_StoredPointer(SCHEMA_VERSION, pointer))


def pointer_from_json(value: bytes) -> Pointer:
    """Read the pointer.

    Raises:
        StudioGarbage
    """
    return _read(_POINTER, value).pointer


def _read(adapter: TypeAdapter[Stored], value: bytes) -> Stored:
    try:
        stored = adapter.validate_json(value)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
        raise StudioGarbage(f"does not fit the schema: {places}") from None
    if stored.schema != SCHEMA_VERSION:
        raise StudioGarbage(f"schema {stored.schema}, this program reads {SCHEMA_VERSION}")
    return stored
