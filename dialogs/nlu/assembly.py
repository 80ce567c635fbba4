"""Understanding put together from dialogues' folders and settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from weakref import WeakSet, WeakValueDictionary

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.failover import FailoverUnderstanding, ParseTried
from dialogs.nlu.rasa_http import RasaUnderstanding
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.nlu.training_data import TRAINING_FOLDER, read_examples
from dialogs.settings import BUNDLED_FOLDER

OnTried = Callable[[ParseTried], None]
Phrases = frozenset[tuple[str, str]]


class Understandings:
    """Understandings of several dialogues at once: each its own embedded engine, all of them one Rasa."""

    def __init__(self, settings: UnderstandingSettings, on_tried: OnTried) -> None:
        """Open the link to Rasa; needs a running loop."""
        self._settings = settings
        self._on_tried = on_tried
        self._rasa = RasaUnderstanding(settings)
        self._trained: WeakValueDictionary[Phrases, EmbeddedUnderstanding] = WeakValueDictionary()
        self._pairs: WeakSet[FailoverUnderstanding] = WeakSet()
        self._lock = Lock()  # training runs in threads

    def train(self, dialogue: Path) -> FailoverUnderstanding:
        """Train on a dialogue's phrases, or on those that come along when it has none; blocks for seconds.

        An engine in use that was trained on the same phrases is shared.

        Raises:
            FlowErrors: the phrases are faulty.
            ValueError: there are too few.
        """
        own = dialogue / TRAINING_FOLDER
        examples = read_examples(own if own.is_dir() else BUNDLED_FOLDER / TRAINING_FOLDER)
        phrases = frozenset((example.text, example.intent) for example in examples)
        with self._lock:
            embedded = self._trained.get(phrases)
        if embedded is None:
            embedded = EmbeddedUnderstanding(examples, self._settings.threshold)
        pair = _paired(embedded, self._rasa, self._settings, self._on_tried)
        with self._lock:
            self._trained[phrases] = embedded
            self._pairs.add(pair)
        return pair

    @property
    def preferred_is_up(self) -> bool:
        """Say whether every dialogue in use asks the engine of the settings first."""
        return all(pair.preferred_is_up for pair in self._in_use())

    @property
    def asked_first(self) -> str:
        """Name the engines that are asked first now."""
        return ", ".join(sorted({pair.name for pair in self._in_use()}))

    async def watch(self) -> None:
        """Keep looking after Rasa's health for all dialogues in use, until cancelled."""
        while True:
            for pair in self._in_use():
                await pair.look_after()
            await asyncio.sleep(self._settings.check_seconds)

    async def close(self) -> None:
        """Close the link to Rasa."""
        await self._rasa.close()

    def _in_use(self) -> Sequence[FailoverUnderstanding]:
        with self._lock:
            return tuple(self._pairs)


def _paired(
    embedded: EmbeddedUnderstanding, rasa: RasaUnderstanding, settings: UnderstandingSettings, on_tried: OnTried
) -> FailoverUnderstanding:
    is_rasa_first = settings.engine is UnderstandingEngine.RASA
    first, second = (rasa, embedded) if is_rasa_first else (embedded, rasa)
    return FailoverUnderstanding(
        first,
        second,
        failures_to_leave=settings.failures_to_leave,
        check_seconds=settings.check_seconds,
        on_tried=on_tried,
    )
