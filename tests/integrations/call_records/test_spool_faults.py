"""The spool's own misfortunes: torn and corrupt lines, full and failing disks, who may use it."""
# ruff: noqa: ASYNC240 - these tests look at small files; nothing else runs in their loop

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from integrations.call_records.port import (
    CallRecordError,
    CallRecordRefused,
)
from integrations.call_records.spool_lines import Closed, Opened, line_to_json
from integrations.call_records.spooled_records import SpooledCallRecords
from integrations.call_records.sql_records import SqlCallRecords
from tests.integrations.call_records.examples import BEGAN_AT, end, start
from tests.integrations.call_records.fake import FakeCallRecords
from tests.integrations.call_records.under_test import spooled


@pytest.mark.parametrize("cut_bytes", [1, 2, 40, 150])
async def test_a_last_line_torn_by_a_crash_costs_only_itself(
    database: FakeCallRecords, path: Path, cut_bytes: int
) -> None:
    database.down = True
    with spooled(database, path) as records:
        await records.open(start("call-1"))
        await records.open(start("call-2"))
    path.write_bytes(path.read_bytes()[:-cut_bytes])
    with spooled(database, path) as records:
        await records.open(start("call-3"))  # after the tear, before any import
        database.down = False
        with capture_logs() as logs:
            await records.import_spool()
        torn = cut_bytes > 1  # one byte is the line break alone: the line is whole
        assert sorted(database.calls) == (["call-1", "call-3"] if torn else ["call-1", "call-2", "call-3"])
        assert records.rejected_writes == int(torn)
        assert records.waiting_writes == 0
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["call record rejected"] * torn
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"{}",
        b"\xff\xfe",
        b'{"version":1}',
        line_to_json(Opened(start("call-x")), BEGAN_AT).replace(b'"version":1', b'"version":7'),
        line_to_json(Opened(start("call-x")), BEGAN_AT).replace(b'"opened"', b'"danced"'),
    ],
)
async def test_a_corrupt_line_is_set_aside_and_the_others_are_imported(
    database: FakeCallRecords, path: Path, line: bytes
) -> None:
    whole = [line_to_json(Opened(start(call_id)), BEGAN_AT) for call_id in ("call-1", "call-2")]
    path.write_bytes(b"\n".join([whole[0], line, whole[1], b""]))
    with spooled(database, path) as records:
        await records.import_spool()
        assert records.rejected_writes == 1
    assert sorted(database.calls) == ["call-1", "call-2"]
    assert path.with_name("spool.jsonl.rejected").read_bytes() == line + b"\n"


async def test_a_write_to_a_call_that_never_begins_is_set_aside_in_the_end(
    database: FakeCallRecords, path: Path
) -> None:
    path.write_bytes(line_to_json(Closed("nobody", end()), datetime.now(UTC) - timedelta(days=2)) + b"\n")
    with spooled(database, path) as records:
        await records.import_spool()
        assert (records.rejected_writes, records.waiting_writes) == (1, 0)


async def test_values_that_no_database_takes_are_set_aside_and_told(sqlite_records: SqlCallRecords, path: Path) -> None:
    with spooled(sqlite_records, path) as records:
        with pytest.raises(CallRecordRefused):
            await records.open(replace(start(), started_at=datetime(2026, 11, 22)))
        assert (records.rejected_writes, records.waiting_writes) == (1, 0)
    assert b"call-1" in path.with_name("spool.jsonl.rejected").read_bytes()


async def test_a_full_spool_is_an_error_that_says_so(database: FakeCallRecords, path: Path) -> None:
    database.down = True
    with spooled(database, path, limit_megabytes=0.001) as records:
        with capture_logs() as logs, pytest.raises(CallRecordError, match="nor spooled"):
            for number in range(100):
                await records.open(start(f"call-{number}"))
        kept = records.waiting_writes
        assert 0 < kept < 100
        assert logs[-1]["event"] == "call record lost: spool failed"
        database.down = False
        assert await records.import_spool() == kept
    assert len(database.calls) == kept


async def test_a_disk_that_fails_is_an_error_of_the_port(database: FakeCallRecords, path: Path) -> None:
    database.down = True
    with spooled(database, path) as records:
        path.mkdir()
        with pytest.raises(CallRecordError):
            await records.open(start())
        with pytest.raises(CallRecordError):
            await records.import_spool()
        path.rmdir()
        database.down = False
        await records.open(start())
    assert list(database.calls) == ["call-1"]


def test_two_workers_cannot_share_a_spool(database: FakeCallRecords, path: Path) -> None:
    with spooled(database, path), pytest.raises(OSError, match="another worker"):
        SpooledCallRecords(database, path)
    with spooled(database, path):
        pass  # given back


async def test_the_spool_is_readable_by_its_owner_only(database: FakeCallRecords, path: Path) -> None:
    database.down = True
    with spooled(database, path) as records:
        await records.open(start("call-1"))
        await records.open(start("call-2"))
        assert path.stat().st_mode & 0o777 == 0o600
        await records.import_spool()
        assert path.stat().st_mode & 0o777 == 0o600


async def test_rejected_writes_leave_with_the_retention_time(database: FakeCallRecords, path: Path) -> None:
    path.write_bytes(b"garbage\n")
    rejected = path.with_name("spool.jsonl.rejected")
    with spooled(database, path) as records:
        await records.import_spool()
        await records.delete_older_than(90, datetime.now(UTC))
        assert rejected.exists()
        old = (datetime.now(UTC) - timedelta(days=91)).timestamp()
        os.utime(rejected, (old, old))
        await records.delete_older_than(90, datetime.now(UTC))
        assert not rejected.exists()
