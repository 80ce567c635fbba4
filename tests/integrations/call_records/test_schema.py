"""Migrations: they build what the code expects, once, whoever starts first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from integrations.call_records.port import CallRecord, CallRecordError
from integrations.call_records.schema import VERSION_TABLE, alembic_config, upgrade
from integrations.call_records.sql_records import SqlCallRecords
from integrations.call_records.tables import Base
from integrations.sql_database import async_url
from tests.integrations.call_records.examples import end, start
from tests.integrations.redis_server import free_port


async def in_database(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        result = await connection.run_sync(work)
    await engine.dispose()
    return result


async def test_the_migrations_build_exactly_the_tables_of_the_code(database_url: str) -> None:
    await upgrade(database_url)

    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))

    assert await in_database(database_url, differences) == []


async def test_upgrading_again_keeps_every_call(database_url: str) -> None:
    await upgrade(database_url)
    records = SqlCallRecords(database_url)
    await records.open(start())
    await records.close_call("call-1", end())
    await upgrade(database_url)
    assert await records.load("call-1") == CallRecord(start(), end())
    await records.close()


async def test_every_migration_can_be_taken_back_and_done_again(database_url: str) -> None:
    await upgrade(database_url)
    await in_database(database_url, lambda connection: command.downgrade(alembic_config(connection), "base"))
    assert await in_database(database_url, lambda connection: inspect(connection).get_table_names()) == [VERSION_TABLE]
    await upgrade(database_url)
    assert "calls" in await in_database(database_url, lambda connection: inspect(connection).get_table_names())


async def test_upgrades_that_start_at_once_in_one_process_all_succeed(database_url: str) -> None:
    await asyncio.gather(*(upgrade(database_url) for _ in range(5)))
    version = await in_database(database_url, lambda c: c.execute(text(f"SELECT * FROM {VERSION_TABLE}")).all())
    assert len(version) == 1


async def test_upgrades_that_start_at_once_in_several_processes_all_succeed(database_url: str) -> None:
    # Each says when it is ready and waits for a word, so that they do begin together.
    program = (
        "import asyncio, sys; from integrations.call_records.schema import upgrade; "
        "print('ready', flush=True); sys.stdin.readline(); asyncio.run(upgrade(sys.argv[1]))"
    )
    root = Path(__file__).parents[3]
    pipe = asyncio.subprocess.PIPE
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, database_url, stdin=pipe, stdout=pipe, stderr=pipe, cwd=root
        )
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    outcomes = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    assert [worker.returncode for worker in workers] == [0] * 3, outcomes
    assert "calls" in await in_database(database_url, lambda connection: inspect(connection).get_table_names())


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(database_url: str) -> None:
    await upgrade(database_url)
    newer = text(f"UPDATE {VERSION_TABLE} SET version_num = 'from_the_future'")
    await in_database(database_url, lambda connection: connection.execute(newer) and None)
    with pytest.raises(CallRecordError, match="from_the_future"):
        await upgrade(database_url)
    assert "calls" in await in_database(database_url, lambda connection: inspect(connection).get_table_names())


async def test_a_database_out_of_reach_is_an_error_of_the_port(tmp_path: Path) -> None:
    with pytest.raises(CallRecordError):
        await upgrade(f"sqlite:///{tmp_path}/missing/yulia.db")
    with pytest.raises(CallRecordError):
        await upgrade(f"postgresql://127.0.0.1:{free_port()}/nothing")


async def test_other_tables_in_the_same_database_are_left_alone(database_url: str) -> None:
    await in_database(database_url, lambda connection: connection.execute(text("CREATE TABLE others (x INT)")) and None)
    await upgrade(database_url)
    assert "others" in await in_database(database_url, lambda connection: inspect(connection).get_table_names())
