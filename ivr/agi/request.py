"""The header block that opens every AGI session: bytes in, a typed request out. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ivr.agi.errors import AgiProtocolError

HEADER_LINE = re.compile(r"agi_[a-z0-9_]+:(?: |$)")
# What Asterisk (`unknown`) and trunks write where a number should be.
NO_NUMBER = frozenset({"", "unknown", "anonymous", "restricted", "private", "unavailable", "withheld"})


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """Who calls which route, on which channel."""

    channel: str  # e.g. "PJSIP/trunk-00000001"
    unique_id: str
    caller_number: str | None = field(repr=False)  # as it came with the call, not normalised; None when hidden
    dialled_number: str
    language: str
    arguments: tuple[str, ...]
    path: str  # e.g. "call", of agi://host:port/call


def header_pair(line: str) -> tuple[str, str] | None:
    """Split `agi_name: value`; None when the line is nothing of the kind."""
    if not HEADER_LINE.match(line):
        return None
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")


def request_from_headers(headers: dict[str, str]) -> AgiRequest:
    """Build the request from `agi_*` headers.

    Raises:
        AgiProtocolError: a header without which there is no call is missing.
    """
    missing = [name for name in ("agi_network_script", "agi_channel", "agi_uniqueid") if not headers.get(name)]
    if missing:
        raise AgiProtocolError(f"headers without {', '.join(missing)}")
    caller_number = headers.get("agi_callerid", "").strip()
    dialled_number = headers.get("agi_dnid", "").strip()
    if dialled_number.lower() in NO_NUMBER:
        dialled_number = headers.get("agi_extension", "")
    arguments: list[str] = []
    while (argument := headers.get(f"agi_arg_{len(arguments) + 1}")) is not None:
        arguments.append(argument)
    return AgiRequest(
        channel=headers["agi_channel"],
        unique_id=headers["agi_uniqueid"],
        caller_number=None if caller_number.lower() in NO_NUMBER else caller_number,
        dialled_number=dialled_number,
        language=headers.get("agi_language", ""),
        arguments=tuple(arguments),
        path=headers["agi_network_script"].partition("?")[0].strip("/"),
    )
