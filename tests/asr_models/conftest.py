from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from asr_models.settings import HearingSettings
from asr_models.vosk_engine import VoskRecogniser

MakeRecogniser = Callable[[HearingSettings], VoskRecogniser]


@pytest.fixture
async def make_vosk() -> AsyncIterator[MakeRecogniser]:
    """Load recognisers with chosen settings; closed after the test."""
    made: list[VoskRecogniser] = []

    def make(settings: HearingSettings) -> VoskRecogniser:
        made.append(VoskRecogniser(settings))
        return made[-1]

    yield make
    for recogniser in made:
        await recogniser.close()


@pytest.fixture
def vosk(make_vosk: MakeRecogniser) -> VoskRecogniser:
    """Return the bundled model on one decoding thread."""
    return make_vosk(HearingSettings(threads=1))
