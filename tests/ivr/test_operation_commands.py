from __future__ import annotations

import asyncio
import json
import re
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from typer.testing import CliRunner

from integrations.call_records.schema import upgrade as upgrade_calls
from integrations.call_records.sql_records import SqlCallRecords
from integrations.loyalty.change_json import summary_of
from integrations.loyalty.port import Change, Done, MergeUndo, PhoneBlock, Refusal, Refused
from integrations.operations.port import KEY_CONFLICT, OperationState
from integrations.operations.schema import upgrade
from integrations.operations.sql_operations import SqlOperationLog
from integrations.settings import DatabaseSettings
from ivr.operation_commands import KIND_WORDS, REASON_WORDS, STATE_WORDS, SUMMARY_WORDS, app
from tests.integrations.call_records.examples import start
from tests.integrations.loyalty.operation_examples import ANNAS_PHONE, DMITRYS_MERGE, NEWCOMER, TIE_TO_PAVEL
from tests.integrations.operations.examples import ACCEPTED_AT, BLOCK, SECRETS, operation

DONE, REFUSED, WAITING = operation(DMITRYS_MERGE), operation(BLOCK), operation(NEWCOMER, call_id="call-unknown")
WIDE = {"COLUMNS": "300"}


async def fill(url: str) -> None:
    await upgrade(url)
    await upgrade_calls(url)
    log, calls = SqlOperationLog(url), SqlCallRecords(url)
    try:
        await calls.open(start("call-1"))
        for one in (DONE, REFUSED, WAITING):
            await log.accept(one)
        await log.settle(DONE.key, Done("c-0002", ()), ACCEPTED_AT)
        await log.settle(REFUSED.key, Refused(Refusal.ALREADY_BLOCKED), ACCEPTED_AT)
    finally:
        await log.close()
        await calls.close()


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A line whose database holds three operations."""
    url = f"sqlite:///{tmp_path}/yulia.db"
    asyncio.run(fill(url))
    found = SimpleNamespace(database=DatabaseSettings()), SimpleNamespace(database_url=url)
    monkeypatch.setattr("ivr.operation_commands.running_line", lambda: found)
    return url


def output(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments), env=WIDE)
    assert result.exit_code == code, result.output
    return result.output


def test_all_operations_are_listed_in_russian_without_full_numbers(line: str) -> None:
    text = output("list")
    for part in ("объединение карт", "выполнена", "карта 0364", "уже заблокирована", "ждёт отправки", REFUSED.key):
        assert part in text
    assert not any(secret in text for secret in SECRETS)


def test_refusals_come_with_the_number_to_call_until_that_is_done(line: str) -> None:
    (listed,) = [json.loads(row) for row in output("list", "--refused", "--json").splitlines()]
    assert (listed["key"], listed["reason"], listed["told_at"]) == (REFUSED.key, "already_blocked", None)
    assert listed["caller_number"] == start("call-1").caller_number
    output("told", REFUSED.key)
    assert output("list", "--refused", "--json") == ""
    assert "никому" in output("list", "--refused")
    told = [json.loads(row) for row in output("list", "--json").splitlines()]
    (again,) = [row for row in told if row["key"] == REFUSED.key]
    assert datetime.fromisoformat(again["told_at"]).tzinfo is not None


@pytest.mark.parametrize("key", [DONE.key, WAITING.key, "no-such-operation"], ids=["done", "waiting", "unknown"])
def test_only_a_refusal_can_be_told(line: str, key: str) -> None:
    assert "нет" in output("told", key, code=1)


def test_a_database_out_of_reach_is_said(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = SimpleNamespace(database=DatabaseSettings()), SimpleNamespace(database_url="sqlite:////nowhere/yulia.db")
    monkeypatch.setattr("ivr.operation_commands.running_line", lambda: gone)
    assert "недоступны" in output("list", code=1)


def test_everything_has_its_word_in_russian() -> None:
    assert {reason.value for reason in Refusal} | {KEY_CONFLICT} == REASON_WORDS.keys()
    assert set(OperationState) == STATE_WORDS.keys()
    kinds = {kind.default for change in get_args(Change) for kind in fields(change) if kind.name == "kind"}
    assert kinds == KIND_WORDS.keys()
    changes = (NEWCOMER, DMITRYS_MERGE, MergeUndo("0" * 40), BLOCK, PhoneBlock(ANNAS_PHONE), TIE_TO_PAVEL)
    words = re.findall(r"\b[a-z]{2,}\b", " ".join(summary_of(change) for change in changes))
    assert set(words) == SUMMARY_WORDS.keys()
