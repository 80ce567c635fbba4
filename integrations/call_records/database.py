"""What goes wrong with the database, in the port's words."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from integrations.call_records.port import CallRecordError, CallRecordRefused
from integrations.sql_database import database_errors


def port_errors(limit_seconds: float) -> AbstractAsyncContextManager[None]:
    """Bound what is done inside in time, and turn what goes wrong into the port's errors.

    Raises:
        CallRecordError, CallRecordRefused
    """
    return database_errors(limit_seconds, CallRecordError, CallRecordRefused)
