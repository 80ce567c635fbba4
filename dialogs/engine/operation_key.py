"""Keys of operations: the same wish of the same call has the same key, so that it is carried out once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from dialogs.engine.vocabulary import Value

KEY_LENGTH = 40


def operation_key(call_id: str, action: str, arguments: Mapping[str, Value], operations: int) -> str:
    """Make the key of a changing action; `operations` counts those of the call that came back before it."""
    wish = json.dumps([call_id, action, arguments, operations], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(wish.encode()).hexdigest()[:KEY_LENGTH]
