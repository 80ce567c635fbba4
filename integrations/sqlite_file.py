"""SQLite files behind aiosqlite."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine


def try_sqlite_file(url: URL) -> None:
    """Open the file once by hand: when aiosqlite fails to, its thread outlives the loop and dies with a traceback.

    Raises:
        OSError: it cannot be opened; other databases are not looked at.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    try:
        sqlite3.connect(url.database).close()
    except sqlite3.Error as error:
        raise OSError(f"{url.database}: {error}") from error


def try_before_each_connection(engine: AsyncEngine) -> None:
    """Make the engine look by hand before it connects; a statement then fails with OSError."""

    def look(_dialect: Any, _record: Any, _arguments: Any, _parameters: Any) -> None:
        try_sqlite_file(engine.url)

    event.listen(engine.sync_engine, "do_connect", look)
