"""Understanding put together from a dialogue's folder and settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from dialogs.nlu.embedded import EmbeddedUnderstanding
from dialogs.nlu.failover import FailoverUnderstanding, ParseTried
from dialogs.nlu.rasa_http import RasaUnderstanding
from dialogs.nlu.settings import UnderstandingEngine, UnderstandingSettings
from dialogs.nlu.training_data import TRAINING_FOLDER, read_examples


async def understanding(
    dialogue: Path, settings: UnderstandingSettings, on_tried: Callable[[ParseTried], None]
) -> FailoverUnderstanding:
    """Train the embedded engine in a thread and pair it with Rasa; keep its `watch` running afterwards.

    Raises:
        FlowErrors: the phrases are faulty.
        ValueError: there are too few.
    """
    examples = await asyncio.to_thread(read_examples, dialogue / TRAINING_FOLDER)
    embedded = await asyncio.to_thread(EmbeddedUnderstanding, examples, settings.threshold)
    rasa = RasaUnderstanding(settings)
    is_rasa_first = settings.engine is UnderstandingEngine.RASA
    first, second = (rasa, embedded) if is_rasa_first else (embedded, rasa)
    return FailoverUnderstanding(
        first,
        second,
        failures_to_leave=settings.failures_to_leave,
        check_seconds=settings.check_seconds,
        on_tried=on_tried,
    )
