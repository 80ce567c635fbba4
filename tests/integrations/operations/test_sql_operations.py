"""What only the SQL log can get wrong: what lies on the disk, its tables, a database that is away."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from integrations.call_records.schema import upgrade as upgrade_call_records
from integrations.loyalty.port import Change, Done, Refusal, Refused
from integrations.operations.port import OperationLogError
from integrations.operations.schema import VERSION_TABLE, upgrade
from integrations.operations.sql_operations import SqlOperationLog
from integrations.operations.tables import Base
from integrations.sql_database import async_url
from tests.integrations.call_records.under_test import write_lock
from tests.integrations.loyalty.operation_examples import DMITRYS_MERGE, NEWCOMER
from tests.integrations.operations.examples import ACCEPTED_AT, BLOCK, SECRETS, operation
from tests.integrations.redis_server import free_port


def everything_in(folder: Path) -> str:
    """Dump every row of the SQLite file."""
    connection = sqlite3.connect(folder / "yulia.db")
    try:
        return "\n".join(connection.iterdump())
    finally:
        connection.close()


async def test_the_migrations_build_exactly_the_table_of_the_code_beside_others(database_url: str) -> None:
    await upgrade(database_url)
    await upgrade_call_records(database_url)
    await upgrade(database_url)

    def differences(connection: Connection) -> list[Any]:
        options = {
            "version_table": VERSION_TABLE,
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or name == "operations",
        }
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))

    engine = create_async_engine(async_url(database_url))
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        tables = await connection.run_sync(lambda inner: inspect(inner).get_table_names())
        assert {"operations", "calls", VERSION_TABLE} <= set(tables)
        await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'from_the_future'"))
    await engine.dispose()
    with pytest.raises(OperationLogError, match="from_the_future"):
        await upgrade(database_url)


@pytest.mark.parametrize("change", [NEWCOMER, DMITRYS_MERGE, BLOCK])
@pytest.mark.parametrize("outcome", [Done("c-0001", ()), Refused(Refusal.CARD_OF_ANOTHER), None])
async def test_numbers_and_names_are_kept_only_until_the_outcome(
    sqlite_log: SqlOperationLog, tmp_path: Path, change: Change, outcome: Done | Refused | None
) -> None:
    one = operation(change)
    await sqlite_log.accept(one)
    assert any(secret in everything_in(tmp_path) for secret in SECRETS)
    if outcome is None:
        await sqlite_log.give_up(one.key, "key_conflict", ACCEPTED_AT)
    else:
        await sqlite_log.settle(one.key, outcome, ACCEPTED_AT)
    left = everything_in(tmp_path)
    assert one.key in left
    assert not any(secret in left for secret in SECRETS)


async def test_no_error_of_the_log_tells_a_number(sqlite_url: str, sqlite_log: SqlOperationLog) -> None:
    with write_lock(sqlite_url), pytest.raises(OperationLogError, match="locked") as caught:
        await sqlite_log.accept(operation(NEWCOMER))
    assert caught.value.retryable
    assert not any(secret in str(caught.value) + repr(caught.value.__cause__) for secret in SECRETS)


async def test_an_accepted_operation_is_there_for_other_connections_at_once(
    sql_log: SqlOperationLog, database_url: str
) -> None:
    one = operation()
    await sql_log.accept(one)
    other = SqlOperationLog(database_url)
    assert [claim.operation for claim in await other.claim(ACCEPTED_AT, 60.0)] == [one]
    await other.close()


async def test_an_operation_of_a_newer_program_is_left_for_it_and_the_others_go_on(
    sqlite_log: SqlOperationLog, tmp_path: Path
) -> None:
    newer, one = operation(), operation()
    await sqlite_log.accept(newer)
    await sqlite_log.accept(one)
    connection = sqlite3.connect(tmp_path / "yulia.db")
    with connection:
        content = '{"kind": "gift", "card_number": "7789001245700364"}'
        connection.execute("UPDATE operations SET content = ? WHERE key = ?", (content, newer.key))
    connection.close()
    assert [claim.operation for claim in await sqlite_log.claim(ACCEPTED_AT, 60.0)] == [one]
    assert (await sqlite_log.backlog()).operations == 2


@pytest.mark.parametrize("address", ["sqlite:///{folder}/missing/yulia.db", "postgresql://127.0.0.1:{port}/nothing"])
async def test_a_database_out_of_reach_is_an_error_of_the_port(tmp_path: Path, address: str) -> None:
    url = address.format(folder=tmp_path, port=free_port())
    log = SqlOperationLog(url)
    with pytest.raises(OperationLogError):
        await log.accept(operation())
    with pytest.raises(OperationLogError):
        await upgrade(url)
    await log.close()
