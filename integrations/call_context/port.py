"""The call-context port: what an agent's screen and the next worker need to know about a live call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class CallContextError(Exception):
    """The store is out of reach; the call goes on from memory."""

    retryable = True


class CallContextGarbage(CallContextError):
    """The stored value cannot be read: corrupt, or of another schema version."""

    retryable = False


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One turn or deed, as told to the agent. Sensitive values are masked before they get here."""

    at_seconds: float  # since the call began
    who: str  # "caller", "yulia" or "system"
    text: str


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who is calling, what was asked, what was done and what is left: the handoff's content."""

    key: str  # travels in the channel variable YULIA_CTX and in User-to-User; unguessable
    call_id: str
    caller_number: str | None  # E.164
    customer_id: str | None
    customer_name: str | None  # «Анна Сергеевна»
    topic: str | None  # flow the caller was in, e.g. "balance"
    queue: str | None
    reason: str | None  # why the call goes to an agent, e.g. "asked", "no_match", "loyalty_down"
    asked: tuple[str, ...]  # in Russian
    done: tuple[str, ...]
    left: tuple[str, ...]
    transcript: tuple[ContextEntry, ...]  # bounded: the last 50
    bundle: str  # content hash of the flows in force
    started_at: str  # ISO 8601, UTC


class CallContextStore(Protocol):
    """Live contexts with a retention time."""

    async def save(self, context: CallContext) -> None:
        """Write or replace the context under its key.

        Raises:
            CallContextError
        """

    async def load(self, key: str) -> CallContext | None:
        """Read a context; None when unknown or expired.

        Raises:
            CallContextError
        """

    async def save_dialogue_state(self, call_id: str, state: bytes) -> None:
        """Keep the engine's serialised state of a live call.

        Raises:
            CallContextError
        """

    async def load_dialogue_state(self, call_id: str) -> bytes | None:
        """Read the state of a live call.

        Raises:
            CallContextError
        """
