"""What only the SQL store can get wrong."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from integrations.call_records.port import CallRecord, CallRecordError, CallRecordRefused
from integrations.call_records.schema import upgrade
from integrations.call_records.sql_records import SqlCallRecords
from integrations.sql_database import async_url, open_engine
from tests.integrations.call_records.examples import BEGAN_AT, end, start
from tests.integrations.call_records.stalling_proxy import StallingProxy
from tests.integrations.call_records.under_test import write_lock
from tests.integrations.redis_server import free_port

HANG_SECONDS = 20.0  # a wait without a limit fails here


@asynccontextmanager
async def other_connection(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def test_sqlite_survives_a_power_cut_and_checks_its_references(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url, limit_seconds=5, connections=1)
    async with engine.connect() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await engine.dispose()
    assert found == ["wal", 2, 1]  # 2: FULL


async def test_a_database_locked_by_another_process_is_an_error_and_works_again_after(
    sqlite_url: str, sqlite_records: SqlCallRecords
) -> None:
    with write_lock(sqlite_url):
        async with asyncio.timeout(HANG_SECONDS):
            with pytest.raises(CallRecordError, match="locked") as caught:
                await sqlite_records.open(start())
        assert caught.value.retryable
        assert await sqlite_records.load("call-1") is None  # reading goes on
    await sqlite_records.open(start())
    assert await sqlite_records.load("call-1") == CallRecord(start(), None)


async def test_a_file_that_cannot_be_opened_is_an_error_of_the_port(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "garbage.db").write_bytes(b"this is no database" * 100)
    for name in ("missing/yulia.db", "folder.db", "garbage.db"):
        records = SqlCallRecords(f"sqlite:///{tmp_path}/{name}", limit_seconds=1)
        with pytest.raises(CallRecordError) as caught:
            await records.open(start())
        assert caught.value.retryable
        await records.close()


async def test_a_database_without_tables_is_an_error_of_the_port(database_url: str) -> None:
    records = SqlCallRecords(database_url)
    with pytest.raises(CallRecordError) as caught:
        await records.open(start())
    assert caught.value.retryable
    await records.close()


async def test_a_server_that_is_not_there_is_an_error_of_the_port() -> None:
    records = SqlCallRecords(f"postgresql://nobody:secret@127.0.0.1:{free_port()}/nothing", limit_seconds=1)
    with pytest.raises(CallRecordError) as caught:
        await records.open(start())
    assert "secret" not in str(caught.value)
    await records.close()


async def test_a_wrong_password_is_an_error_that_does_not_tell_it(postgres_database_url: str) -> None:
    url = make_url(postgres_database_url).set(password="wrong-secret").render_as_string(hide_password=False)
    records = SqlCallRecords(url)
    with pytest.raises(CallRecordError) as caught:
        await records.open(start())
    assert "wrong-secret" not in str(caught.value)
    await records.close()


async def test_a_locked_table_is_an_error_within_the_limit(postgres_database_url: str) -> None:
    await upgrade(postgres_database_url)
    records = SqlCallRecords(postgres_database_url, limit_seconds=0.5)
    async with other_connection(postgres_database_url) as locker:
        await locker.execute(text("LOCK TABLE calls"))
        async with asyncio.timeout(HANG_SECONDS):
            with pytest.raises(CallRecordError) as caught:
                await records.open(start())
        assert caught.value.retryable
    await records.open(start())
    assert await records.load("call-1") == CallRecord(start(), None)
    await records.close()


async def test_connections_that_the_server_cut_are_replaced_unnoticed(postgres_database_url: str) -> None:
    await upgrade(postgres_database_url)
    records = SqlCallRecords(postgres_database_url)
    await records.open(start())
    async with other_connection(postgres_database_url) as other:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
        await other.execute(text(f"{cut} AND pid <> pg_backend_pid()"))
    await records.close_call("call-1", end())
    assert await records.load("call-1") == CallRecord(start(), end())
    await records.close()


async def test_a_frozen_server_is_an_error_within_the_limit_and_works_again_after(postgres_database_url: str) -> None:
    await upgrade(postgres_database_url)
    real = make_url(postgres_database_url)
    assert real.host is not None and real.port is not None
    async with StallingProxy(real.host, real.port) as proxy:
        records = SqlCallRecords(
            real.set(port=proxy.port).render_as_string(hide_password=False), limit_seconds=0.5, connections=2
        )
        await records.open(start())
        proxy.stall()
        for _ in range(4):  # twice as many as there are connections
            async with asyncio.timeout(HANG_SECONDS):
                with pytest.raises(CallRecordError) as caught:
                    await records.close_call("call-1", end())
            assert caught.value.retryable
        proxy.flow()
        await records.close_call("call-1", end())
        assert await records.load("call-1") == CallRecord(start(), end())
        await records.close()


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21, 34])
async def test_a_cancelled_write_is_cancelled_and_leaves_the_store_sound(
    sql_records: SqlCallRecords, steps: int
) -> None:
    await sql_records.open(start())
    for _ in range(3):
        write = asyncio.create_task(sql_records.close_call("call-1", end()))
        for _ in range(steps):
            await asyncio.sleep(0)
        if write.cancel():
            with pytest.raises(asyncio.CancelledError):
                await write
    await sql_records.close_call("call-1", end())
    assert await sql_records.load("call-1") == CallRecord(start(), end())


async def test_a_time_without_a_zone_is_refused_for_good(sql_records: SqlCallRecords) -> None:
    with pytest.raises(CallRecordRefused) as caught:
        await sql_records.open(start(began_at=datetime(2026, 11, 22, 3, 0)))
    assert not caught.value.retryable


async def test_broken_characters_from_the_line_do_not_lose_the_call(sql_records: SqlCallRecords) -> None:
    await sql_records.open(replace(start(), channel="PJSIP/\x00bad\udc80"))
    await sql_records.close_call("call-1", end(turns=1, said="да\x00нет\ud83d"))
    loaded = await sql_records.load("call-1")
    assert loaded is not None and loaded.end is not None
    assert loaded.start.channel == "PJSIP/�bad?"
    assert loaded.end.turns[0].text == "да�нет? 0"


async def test_errors_do_not_tell_what_was_said(sqlite_url: str, sqlite_records: SqlCallRecords) -> None:
    said = "ьлорап"[::-1]  # a traceback quotes this line, too
    await sqlite_records.open(start())
    with write_lock(sqlite_url), pytest.raises(CallRecordError) as caught:
        await sqlite_records.close_call("call-1", end(said=said))
    assert said not in "".join(traceback.format_exception(caught.value))


async def test_an_outcome_that_a_newer_worker_wrote_is_an_error_of_the_port(
    sqlite_url: str, sqlite_records: SqlCallRecords
) -> None:
    await sqlite_records.open(start())
    await sqlite_records.close_call("call-1", end())
    connection = sqlite3.connect(str(make_url(sqlite_url).database))
    connection.execute("UPDATE calls SET outcome = 'abducted'")
    connection.commit()
    connection.close()
    with pytest.raises(CallRecordError, match="outcome"):
        await sqlite_records.load("call-1")


async def test_more_old_calls_than_one_step_takes_are_all_deleted(sql_records: SqlCallRecords) -> None:
    await asyncio.gather(*(sql_records.open(start(f"call-{number}")) for number in range(510)))
    assert await sql_records.delete_older_than(90, BEGAN_AT.replace(year=2027)) == 510
    assert await sql_records.latest() == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:////var/lib/yulia.db", "sqlite+aiosqlite:////var/lib/yulia.db"),
        ("sqlite+aiosqlite:///yulia.db", "sqlite+aiosqlite:///yulia.db"),
        ("postgresql://me:pw@db/yulia", "postgresql+asyncpg://me:pw@db/yulia"),
        ("postgres://db/yulia", "postgresql+asyncpg://db/yulia"),
        ("postgresql+asyncpg://db:6543/yulia", "postgresql+asyncpg://db:6543/yulia"),
    ],
)
def test_plain_addresses_mean_this_projects_drivers(written: str, meant: str) -> None:
    assert async_url(written).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize("address", ["mysql://me:secret@db/yulia", "secret nonsense", ""])
def test_other_addresses_are_refused_without_telling_the_password(address: str) -> None:
    with pytest.raises(ValueError, match="address") as caught:
        async_url(address)
    assert "secret" not in str(caught.value)
