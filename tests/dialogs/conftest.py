from __future__ import annotations

import hypothesis
import pytest

from dialogs.engine.bundle import Bundle
from dialogs.reader import load_bundle
from dialogs.settings import BUNDLED_FOLDER

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The dialogue that comes with Yulia."""
    return load_bundle(BUNDLED_FOLDER)
