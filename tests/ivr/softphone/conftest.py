from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from ivr.line.installation import NoAsterisk
from ivr.line.ports import PortBlock
from ivr.softphone.phone import SoftPhones
from tests.ivr.softphone import scratch_asterisk
from tests.ivr.softphone.scratch_asterisk import ScratchAsterisk


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchAsterisk]:
    try:
        found = scratch_asterisk.installation()
    except NoAsterisk as error:
        pytest.fail(f"no Asterisk: {error}; run scripts/setup.sh")
    with PortBlock() as block:
        process, scratch = scratch_asterisk.start(tmp_path_factory.mktemp("asterisk"), found, block.ports)
        try:
            yield scratch
        finally:
            process.terminate()
            try:
                process.wait(10)
            except Exception:
                process.kill()
                process.wait(10)


@pytest.fixture
async def phones() -> AsyncIterator[SoftPhones]:
    async with SoftPhones() as open_phones:
        yield open_phones
