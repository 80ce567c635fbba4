from __future__ import annotations

from integrations.call_context.context_json import bounded
from integrations.call_context.port import CallContext, CallContextError


class FakeCallContextStore:
    """The call-context port in memory. Set `down` to make every use fail, `expire` to let everything run out."""

    def __init__(self) -> None:
        self.contexts: dict[str, CallContext] = {}
        self.states: dict[str, bytes] = {}
        self.down = False

    def expire(self) -> None:
        self.contexts.clear()
        self.states.clear()

    async def save(self, context: CallContext) -> None:
        self._check()
        self.contexts[context.key] = bounded(context)

    async def load(self, key: str) -> CallContext | None:
        self._check()
        return self.contexts.get(key)

    async def save_dialogue_state(self, call_id: str, state: bytes) -> None:
        self._check()
        self.states[call_id] = state

    async def load_dialogue_state(self, call_id: str) -> bytes | None:
        self._check()
        return self.states.get(call_id)

    def _check(self) -> None:
        if self.down:
            raise CallContextError("the fake is down")
