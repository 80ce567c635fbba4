"""The line that was started in this folder, as commands that look at it find it."""

from __future__ import annotations

import typer
from rich.console import Console

from integrations.settings import RedisSettings
from ivr.line.line import Line
from ivr.line.plan import LinePlan
from ivr.settings import Settings


def running_line() -> tuple[Settings, Line]:
    """Return the settings and the line; without a line, say what to do and end the command."""
    settings = Settings()
    line = Line(LinePlan.from_settings(settings))
    if not line.attach():
        Console(stderr=True).print("[red]Здесь ещё не запускали линию.[/] Запустите: make run")
        raise typer.Exit(1)
    return settings, line


def redis_of_line() -> RedisSettings:
    """Find the line's Redis: the one of the settings, else the private one of this machine's line."""
    settings = Settings()
    if settings.redis.url is not None:
        return settings.redis
    settings, line = running_line()
    return settings.redis.model_copy(update={"url": line.redis_url})
