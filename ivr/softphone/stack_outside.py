"""What surrounds the SIP stack: its log, and a look whether the server is there at all."""

from __future__ import annotations

import logging
import socket
from collections import deque
from pathlib import Path

from ivr.softphone.errors import NobodyListens


def check_listening(server: str) -> None:
    """Look whether anything listens at a SIP address on this machine, which UDP alone would not tell.

    Raises:
        NobodyListens
    """
    host, _, port = server.partition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setblocking(False)
            probe.connect((host, int(port or 5060)))
            # A SIP keep-alive (RFC 5626): ignored by a server, refused by the kernel where there is none.
            probe.send(b"\r\n\r\n")
            probe.send(b"\r\n\r\n")
    except ConnectionRefusedError as error:
        raise NobodyListens(f"no SIP server listens at {server}: is the line up? (`make run`)") from error
    except (OSError, ValueError) as error:
        raise NobodyListens(f"{server} is not the address of a SIP server: {error}") from error


class StackLog(logging.Handler):
    """Keeps the SIP stack's own log lines off the terminal."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(logging.WARNING)
        self._path = path
        self._lines: deque[str] = deque(maxlen=100)
        self._file: logging.FileHandler | None = None
        self._propagated = True

    @property
    def recent(self) -> tuple[str, ...]:
        """The last lines."""
        return tuple(self._lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._lines.append(f"{record.levelname.lower()} {record.getMessage()}")

    def attach(self) -> None:
        """Begin to take the stack's lines."""
        logger = logging.getLogger("baresip")
        self._propagated, logger.propagate = logger.propagate, False
        logger.addHandler(self)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = logging.FileHandler(self._path, encoding="utf-8", delay=True)
            self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
            logger.addHandler(self._file)

    def detach(self) -> None:
        """Leave the logger as it was found."""
        logger = logging.getLogger("baresip")
        logger.removeHandler(self)
        if self._file is not None:
            logger.removeHandler(self._file)
            self._file.close()
        logger.propagate = self._propagated
