"""Start the sandbox loyalty service: `python -m integrations.loyalty.sandbox --help`."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Annotated, NoReturn

import structlog
import typer
from pydantic import SecretStr, ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from integrations.loyalty.sandbox.people import PEOPLE_FILE, sample_people
from integrations.loyalty.sandbox.service import running_sandbox
from integrations.loyalty.sandbox.settings import SandboxSecrets, SandboxSettings

_DEFAULTS = SandboxSettings()
_log = structlog.get_logger()

_HELP = f"""
Run a loyalty system with made-up people, to try the line without the real one.

The token that every request must bring is taken from YULIA_LOYALTY__TOKEN (at least 16 characters).

\b
Start:
  export YULIA_LOYALTY__TOKEN=$(openssl rand -hex 16)
  python -m integrations.loyalty.sandbox --port {_DEFAULTS.port}

\b
Ask who has a phone:
  curl -H "Authorization: Bearer $YULIA_LOYALTY__TOKEN" \\
       -H "Content-Type: application/json" \\
       -d '{{"phone": "+79160000001"}}' \\
       http://127.0.0.1:{_DEFAULTS.port}/v1/customers/by-phone

\b
Be out of order for one caller (modes: ok slow wrong down hang
reset error lost):
  PUT /sandbox/switches
  {{"switches": [{{"mode": "down", "only_phone": "+79160000001"}}]}}

\b
Put everything back:     POST /sandbox/reset
All requests, answers:   GET /openapi.json
The people:              {PEOPLE_FILE.name} next to this module
"""


def start(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = _DEFAULTS.host,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any free one.")] = (
        _DEFAULTS.port
    ),
    database_url: Annotated[
        str,
        typer.Option(
            envvar="YULIA_LOYALTY__SANDBOX_DATABASE_URL",
            help="sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER@HOST/NAME; one with a password belongs in "
            "the environment, where `ps` does not show it.",
        ),
    ] = _DEFAULTS.database_url,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every request (path and status only).")] = False,
) -> None:
    """Read the command line and serve until SIGTERM or Ctrl-C."""
    _log_as_json(logging.DEBUG if verbose else logging.INFO)
    try:
        settings = SandboxSettings(host=host, port=port, database_url=database_url)
        make_url(database_url)
    except (ValidationError, ArgumentError):
        _refuse("--database-url must start with sqlite+aiosqlite:// or postgresql+asyncpg://")
    try:
        token = SandboxSecrets().token  # read from the environment
    except ValidationError:
        _refuse("set YULIA_LOYALTY__TOKEN to a secret of at least 16 characters; there is no default one")
    try:
        asyncio.run(_serve(settings, token))
    except OSError as error:
        _refuse(f"cannot listen on {host}:{port} or reach the database: {error.strerror or error}")
    except SQLAlchemyError as error:
        _refuse(f"the database refuses: {str(error).splitlines()[0]}")


async def _serve(settings: SandboxSettings, token: SecretStr) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running_sandbox(settings, token) as url:
        _log.info(
            "loyalty sandbox is ready",
            url=url,
            people=len(sample_people().people),
            database=make_url(settings.database_url).render_as_string(hide_password=True),
        )
        await stop.wait()
        _log.info("loyalty sandbox stops")


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"loyalty sandbox: {message}\n")
    raise typer.Exit(2)


def _log_as_json(level: int) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


if __name__ == "__main__":
    _app = typer.Typer(add_completion=False, rich_markup_mode=None)
    _app.command(help=_HELP)(start)
    _app(prog_name="python -m integrations.loyalty.sandbox")
