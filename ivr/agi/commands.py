"""AGI command lines, written so that no value can break out of its place."""

from __future__ import annotations

import re

from ivr.agi.errors import AgiUnsafeValue

# Asterisk reads a command into 2,048 bytes (AGI_BUF_LEN in res_agi.c) and silently cuts what is longer.
COMMAND_LIMIT_BYTES = 2000
FORBIDDEN = re.compile(r"[\r\n\0]")
PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:-]+")


def quoted(value: str) -> str:
    r"""Quote a value as `agi_command` parses it: double quotes, with `\` before `"` and `\`.

    Raises:
        AgiUnsafeValue: it holds a line break or NUL. (NUL makes Asterisk lose the end of the line.)
    """
    if FORBIDDEN.search(value):
        raise AgiUnsafeValue("a value with a line break or NUL cannot be sent to Asterisk")
    if PLAIN_WORD.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def command_line(*words: str, values: tuple[str, ...] = ()) -> str:
    """Join fixed words and quoted values into one command.

    Raises:
        AgiUnsafeValue: a value is unsafe, or the line is longer than Asterisk reads.
    """
    line = " ".join((*words, *(quoted(value) for value in values)))
    try:
        encoded = line.encode()
    except UnicodeEncodeError as error:
        raise AgiUnsafeValue("a value that is not text cannot be sent to Asterisk") from error
    if len(encoded) > COMMAND_LIMIT_BYTES:
        raise AgiUnsafeValue(f"a command of {len(encoded)} bytes is over the {COMMAND_LIMIT_BYTES} that Asterisk reads")
    return line
