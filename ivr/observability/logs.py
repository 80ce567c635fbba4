"""Structured logs: static message and fields, call id bound once, long numbers masked whatever field they are in."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ivr.observability.masking import mask_long_numbers

NOT_PERSONAL = frozenset({"call_id", "timestamp", "level", "bundle", "canary", "channel", "worker"})
_PLAIN = (int, float, bool, type(None))


def mask_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask runs of six digits or more in every text, also inside lists and errors (structlog processor)."""
    for name, value in event.items():
        if name not in NOT_PERSONAL:
            event[name] = _masked(value)
    return event


def _masked(value: object) -> object:
    match value:
        case str():
            return mask_long_numbers(value)
        case dict():
            return {_masked(name): _masked(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(item) for item in value]
        case _ if isinstance(value, _PLAIN):
            return value
        case _:
            return mask_long_numbers(str(value))


def configure_logs(level: str, style: Literal["console", "json"]) -> None:
    """Send every log line, also those of libraries, to standard error in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        # the plain one: the default prints the local variables of every frame, callers' numbers among them
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,  # before the masking: an error's text may hold a number
                mask_personal_data,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("panoramisk", "aiohttp.access", "alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
