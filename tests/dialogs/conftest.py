from __future__ import annotations

import pytest

from dialogs.engine.bundle import Bundle
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The dialogue that comes with Yulia."""
    return load_bundle(BUNDLED_FOLDER)
