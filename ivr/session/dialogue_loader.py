"""A dialogue made ready for calls: read, checked, trained, its fixed sentences spoken."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

import structlog

from dialogs.engine.engine import Engine, OnFault
from dialogs.nlu.assembly import Understandings
from dialogs.reader import load_bundle
from dialogs.settings import DialogueSettings
from ivr.session.dialogue import Dialogue

log = structlog.get_logger()

WARM_UP_LIMIT_SECONDS = 60.0
"""A dialogue that takes longer to speak takes calls before all of it is spoken: the rest is spoken when it is asked."""


class WarmableSpeech(Protocol):
    """Speech as the loader knows it."""

    async def warm_up(self, texts: Iterable[str]) -> int:
        """Speak texts ahead; return how many could not be spoken."""


class DialogueLoader:
    """Makes dialogues from folders."""

    def __init__(
        self,
        settings: DialogueSettings,
        understandings: Understandings,
        speech: WarmableSpeech,
        known_actions: Collection[str],
        on_fault: OnFault,
    ) -> None:
        self._settings = settings
        self._understandings = understandings
        self._speech = speech
        self._known_actions = frozenset(known_actions)
        self._on_fault = on_fault

    def load(self, folder: Path) -> Dialogue:
        """Read, check and train; blocks for seconds.

        Raises:
            FlowErrors: it must not take calls.
            ValueError: it has too few phrases to learn from.
        """
        bundle = load_bundle(folder, self._settings)
        if unknown := bundle.actions.keys() - self._known_actions:
            log.error(
                "flows name actions that nobody carries out: such calls go to agents",
                actions=sorted(unknown),
                bundle=bundle.hash,
            )
        return Dialogue(Engine(bundle, self._on_fault), self._understandings.train(folder))

    async def warm_up(self, dialogue: Dialogue) -> None:
        """Speak what is always said alike, so that no caller waits for it."""
        try:
            async with asyncio.timeout(WARM_UP_LIMIT_SECONDS):
                await self._speech.warm_up(prompt.text for prompt in dialogue.engine.bundle.static_prompts())
        except TimeoutError:
            log.warning("a dialogue takes calls before all of it is spoken", bundle=dialogue.bundle_hash)
