from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialogs.studio.dialogues import small_dialogue
from tests.integrations.conftest import own_redis_link as own_redis_link
from tests.integrations.conftest import own_redis_server as own_redis_server
from tests.integrations.conftest import redis_link as redis_link
from tests.integrations.conftest import redis_server as redis_server

MakeDialogue = Callable[..., Path]


@pytest.fixture
def dialogue(tmp_path: Path) -> MakeDialogue:
    """Make small dialogues: `dialogue(hello="Добрый день!")`."""
    return lambda **changes: small_dialogue(tmp_path, **changes)
