"""panoramisk's action with its faults fenced off, and lines from which no value can break out.

Guarded against (panoramisk 1.4): values are sent with their line breaks; whether an answer is a list is guessed from
its words, so that QueueAdd waits for ever and a plain Originate tears the connection (KeyError in its protocol).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from panoramisk import actions
from panoramisk.message import Message

from ivr.ami.errors import AmiProtocolError, AmiUnsafeValue

FieldValue = str | tuple[str, ...]

FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\([A-Za-z0-9_./-]+\))?")
FORBIDDEN = re.compile(r"[\r\n\0]")
OWN_FIELDS = frozenset({"action", "actionid", "commandid"})
# Asterisk refuses a message with a line over 1,024 bytes, and ignores fields after the 128th (manager.h).
LINE_LIMIT_BYTES = 1000
FIELDS_LIMIT = 120


class GuardedAction(actions.Action):  # type: ignore[misc]
    """An action that knows from the protocol, not from the wording, when its answer is complete."""

    def __init__(self, fields: Mapping[str, FieldValue], list_limit_events: int) -> None:
        super().__init__({name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()})
        self.list_limit_events = list_limit_events

    def add_message(self, message: Message) -> bool:
        """Take one message that bears our id; say whether the answer is complete now."""
        self.responses.append(message)
        if self.future.done():
            return True
        if len(self.responses) > self.list_limit_events:
            self.future.set_exception(AmiProtocolError(f"an answer of more than {self.list_limit_events} events"))
        elif self._complete():
            self.future.set_result(self.responses)
        return bool(self.future.done())

    def _complete(self) -> bool:
        response = next((message for message in self.responses if "Response" in message), None)
        if response is None:
            return False
        if str(response.get("EventList", "")).lower() != "start":
            return True
        last = self.responses[-1]
        return str(last.get("EventList", "")).lower() in ("complete", "cancelled") or (
            "Event" in last and str(last["Event"]).endswith("Complete")
        )


def check_action(name: str, fields: Mapping[str, FieldValue]) -> None:
    """Refuse what Asterisk would read as something else.

    Raises:
        AmiUnsafeValue: line breaks or NUL, a bad or reserved field name, too many or too long lines.
    """
    lines = [("Action", name)]
    for field, value in fields.items():
        if not FIELD_NAME.fullmatch(field) or field.lower() in OWN_FIELDS:
            raise AmiUnsafeValue(f"{field!r} cannot be a field of an action")
        lines.extend((field, one) for one in ((value,) if isinstance(value, str) else value))
    if len(lines) > FIELDS_LIMIT:
        raise AmiUnsafeValue(f"an action of {len(lines)} fields is over the {FIELDS_LIMIT} that Asterisk reads")
    for field, one in lines:
        if FORBIDDEN.search(one):
            raise AmiUnsafeValue(f"the value of {field} holds a line break or NUL")
        try:
            size_bytes = len(f"{field}: {one}".encode())
        except UnicodeEncodeError as error:
            raise AmiUnsafeValue(f"the value of {field} is not text") from error
        if size_bytes > LINE_LIMIT_BYTES:
            raise AmiUnsafeValue(f"{field} takes {size_bytes} bytes, over the {LINE_LIMIT_BYTES} that Asterisk reads")
