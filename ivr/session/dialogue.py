"""What one call talks with, from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.engine.engine import Engine
from dialogs.nlu.port import Understanding


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Dialogue:
    """A dialogue that was read and trained; shared by its calls, and gone when the last of them has ended."""

    engine: Engine
    understanding: Understanding
    bundle_hash: str
