"""Operations accepted while the database is away: none is lost, none comes twice."""
# ruff: noqa: ASYNC240 - these tests look at small files; nothing else runs in their loop

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from integrations.loyalty.port import Done
from integrations.operations.port import Backlog, OperationLog, OperationLogError, OperationState
from integrations.operations.spool_lines import operation_to_line
from integrations.operations.spooled_operations import SpooledOperationLog
from integrations.operations.sql_operations import SqlOperationLog
from tests.integrations.call_records.under_test import write_lock
from tests.integrations.loyalty.operation_examples import NEWCOMER, TIE_TO_PAVEL
from tests.integrations.operations.examples import ACCEPTED_AT, SECRETS, operation
from tests.integrations.operations.fake import FakeOperationLog


@contextmanager
def spooled(log: OperationLog, path: Path, limit_megabytes: float = 64.0) -> Iterator[SpooledOperationLog]:
    wrapper = SpooledOperationLog(log, path, limit_megabytes=limit_megabytes)
    try:
        yield wrapper
    finally:
        wrapper.close()


@pytest.fixture
def inner() -> FakeOperationLog:
    return FakeOperationLog()


async def test_an_operation_accepted_during_an_outage_is_in_the_log_after_the_import(
    sqlite_url: str, sqlite_log: SqlOperationLog, path: Path
) -> None:
    one = operation(NEWCOMER, after=operation().key)
    with spooled(sqlite_log, path) as log:
        with write_lock(sqlite_url):
            await log.accept(one)
            assert await log.import_spool() == 0
        assert log.waiting_operations == 1
        record = await log.load(one.key)
        assert record is not None
        assert record.state is OperationState.ACCEPTED
        assert await log.of_call("call-1") == (record,)
        assert await log.backlog() == Backlog(1, ACCEPTED_AT)
        assert await log.import_spool() == 1
        assert await log.load(one.key) == record
        assert await log.backlog() == Backlog(1, ACCEPTED_AT)
    assert path.read_bytes() == b""


async def test_a_new_process_finds_what_a_killed_one_has_accepted(inner: FakeOperationLog, path: Path) -> None:
    one = operation()
    inner.down = True
    with spooled(inner, path) as log:
        await log.accept(one)
    inner.down = False
    with spooled(inner, path) as log:
        assert log.waiting_operations == 1
        assert await log.import_spool() == 1
    assert [claim.operation for claim in await inner.claim(ACCEPTED_AT, 60.0)] == [one]


async def test_an_import_cut_off_by_a_crash_can_be_repeated_even_after_the_outcome(
    inner: FakeOperationLog, path: Path
) -> None:
    one = operation()
    inner.down = True
    with spooled(inner, path) as log:
        await log.accept(one)
    left = path.read_bytes()
    inner.down = False
    with spooled(inner, path) as log:
        await log.import_spool()
    await inner.settle(one.key, Done("c-0001", ()), ACCEPTED_AT)
    path.write_bytes(left)  # as if the crash had come before the spool was emptied
    with spooled(inner, path) as log:
        assert await log.import_spool() == 1
    record = await inner.load(one.key)
    assert record is not None
    assert record.state is OperationState.DONE


async def test_a_hang_up_in_the_middle_of_spooling_does_not_lose_the_operation(
    inner: FakeOperationLog, path: Path
) -> None:
    inner.down = True
    with spooled(inner, path) as log:
        one = operation()
        accepting = asyncio.create_task(log.accept(one))
        while not log.waiting_operations:
            await asyncio.sleep(0)
        accepting.cancel()
        await asyncio.wait({accepting})
        async with asyncio.timeout(20):
            while not path.exists() or not path.read_bytes().endswith(b"\n"):
                await asyncio.sleep(0.01)
        inner.down = False
        assert await log.import_spool() == 1
    assert await inner.load(one.key) is not None


async def test_what_is_neither_stored_nor_spooled_is_not_accepted(inner: FakeOperationLog, path: Path) -> None:
    inner.down = True
    with spooled(inner, path, limit_megabytes=0.0005) as log:
        await log.accept(operation())
        refused = operation(NEWCOMER)
        with capture_logs() as logs, pytest.raises(OperationLogError, match="nor spooled"):
            await log.accept(refused)
        assert log.waiting_operations == 1
        inner.down = False
        assert await log.load(refused.key) is None
    assert not any(secret in str(logs) for secret in SECRETS)


async def test_a_torn_line_costs_only_itself_and_is_told_without_its_numbers(
    inner: FakeOperationLog, path: Path
) -> None:
    one, torn = operation(), operation(NEWCOMER)
    path.write_bytes(operation_to_line(one) + b"\n" + operation_to_line(torn)[:-20])
    with spooled(inner, path) as log, capture_logs() as logs:
        assert await log.import_spool() == 2
        assert log.rejected_operations == 1
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["operation rejected"]
    assert not any(secret in str(logs) for secret in SECRETS)
    assert [record.key for record in await inner.of_call("call-1")] == [one.key]
    assert path.with_name("spool.jsonl.rejected").stat().st_mode & 0o777 == 0o600


async def test_a_reused_key_is_refused_at_once_or_set_aside_by_the_import(inner: FakeOperationLog, path: Path) -> None:
    one = operation()
    await inner.accept(one)
    other = replace(one, change=TIE_TO_PAVEL)
    with spooled(inner, path) as log:
        with pytest.raises(OperationLogError):
            await log.accept(other)
        inner.down = True
        await log.accept(other)
        inner.down = False
        assert await log.import_spool() == 1
        assert (log.rejected_operations, log.waiting_operations) == (1, 0)


def test_two_workers_cannot_share_a_spool(inner: FakeOperationLog, path: Path) -> None:
    with spooled(inner, path), pytest.raises(OSError, match="another worker"):
        SpooledOperationLog(inner, path)


async def test_the_spool_is_readable_by_its_owner_only(inner: FakeOperationLog, path: Path) -> None:
    inner.down = True
    with spooled(inner, path) as log:
        await log.accept(operation(NEWCOMER))
        assert path.stat().st_mode & 0o777 == 0o600
