from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
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


@pytest.fixture(scope="session")
def vosk_server_url() -> Iterator[str]:
    """Return the address of a running vosk-server with the bundled model."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.asr_models.vosk_server", str(BUNDLED_MODEL_DIR)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().decode().strip()
        assert port, "the vosk-server did not start"
        yield f"ws://127.0.0.1:{port}"
    finally:
        server.kill()
        server.communicate()
