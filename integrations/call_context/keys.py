"""Keys of call contexts."""

from __future__ import annotations

import secrets


def new_context_key() -> str:
    """Make an unguessable key: 128 random bits as 32 hexadecimal characters.

    Short and plain, since it travels in a SIP header (`User-to-User`, RFC 7433) and in a channel variable.
    """
    return secrets.token_hex(16)
