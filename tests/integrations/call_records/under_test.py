from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from integrations.call_records.port import CallRecords
from integrations.call_records.spooled_records import SpooledCallRecords


@contextmanager
def spooled(records: CallRecords, path: Path, *, limit_megabytes: float = 64.0) -> Iterator[SpooledCallRecords]:
    wrapper = SpooledCallRecords(records, path, limit_megabytes=limit_megabytes)
    try:
        yield wrapper
    finally:
        wrapper.close()


@contextmanager
def write_lock(url: str) -> Iterator[None]:
    """Hold SQLite's one write lock, as another process would."""
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()
