"""`yulia operations`: what callers were told as accepted, how it went, and whom to call back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from integrations.call_records.port import CallRecordError
from integrations.call_records.sql_records import SqlCallRecords
from integrations.loyalty.port import Refusal
from integrations.operations.port import KEY_CONFLICT, OperationLogError, OperationRecord, OperationState
from integrations.operations.sql_operations import SqlOperationLog
from ivr.line.running import running_line

app = typer.Typer(help="Изменения, о которых просили звонящие: что с ними и кому перезвонить.", no_args_is_help=True)
_AnswerT = TypeVar("_AnswerT")

KIND_WORDS = {
    "activation": "активация карты",
    "merge": "объединение карт",
    "merge_undo": "отмена объединения",
    "card_block": "блокировка карты",
    "phone_block": "блокировка всех карт",
    "phone_tie": "привязка телефона",
}
STATE_WORDS = {
    OperationState.ACCEPTED: ("yellow", "ждёт отправки"),
    OperationState.SENT: ("yellow", "отправлена, ответа нет"),
    OperationState.DONE: ("green", "выполнена"),
    OperationState.REFUSED: ("red", "отказ"),
    OperationState.UNDONE: ("dim", "отменена"),
}
REASON_WORDS = {
    Refusal.UNKNOWN_CARD.value: "нет такой карты, или дата рождения не та",
    Refusal.CARD_OF_ANOTHER.value: "карта другого человека",
    Refusal.ALREADY_ACTIVE.value: "карта уже активна",
    Refusal.ALREADY_BLOCKED.value: "уже заблокирована",
    Refusal.CARD_BLOCKED.value: "карта заблокирована",
    Refusal.CARD_MERGED.value: "карта объединена с другой",
    Refusal.CARD_NOT_ACTIVE.value: "карта не активирована",
    Refusal.SAME_CARD.value: "названа одна и та же карта",
    Refusal.DIFFERENT_PEOPLE.value: "карты разных людей",
    Refusal.PERSON_DIFFERS.value: "телефон записан на другого человека",
    Refusal.KNOWN_BY_OTHER_PHONE.value: "человек известен по другому телефону",
    Refusal.PHONE_OF_ANOTHER.value: "телефон другого человека",
    Refusal.UNKNOWN_CUSTOMER.value: "нет такого покупателя",
    Refusal.NO_CARDS.value: "нет карт",
    Refusal.TOO_MANY.value: "слишком много карт или телефонов",
    Refusal.UNKNOWN_MERGE.value: "нет такого объединения",
    Refusal.ALREADY_UNDONE.value: "объединение уже отменено",
    Refusal.UNDO_WINDOW_OVER.value: "отменить уже нельзя: прошло время",
    Refusal.POINTS_SPENT.value: "баллы уже потрачены",
    KEY_CONFLICT: "сбой: ключ операции занят другой",
}
SUMMARY_WORDS = {"card": "карта", "phone": "телефон", "customer": "покупатель", "merge": "объединение", "into": "в"}
_WORD = re.compile(r"\b[a-z]+\b")


@app.command("list")
def list_operations(
    refused: Annotated[
        bool, typer.Option("--refused", help="Только отказы, о которых звонящий ещё не знает: ему надо перезвонить.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Сколько показать.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="По объекту JSON в строке.")] = False,
) -> None:
    """Показать последние операции или те, о которых надо перезвонить."""

    async def read(log: SqlOperationLog, calls: SqlCallRecords) -> list[tuple[OperationRecord, str | None]]:
        records = await log.latest(limit, to_call_back=refused)
        return [(record, await _caller_number(calls, record.call_id)) for record in records]

    found = _ask(read)
    if as_json:
        for record, number in found:
            typer.echo(json.dumps(_as_json(record, number), ensure_ascii=False))
    elif refused and not found:
        Console().print("[green]Перезванивать никому не надо.[/]")
    else:
        Console().print(table_of(found))


@app.command()
def told(key: Annotated[str, typer.Argument(help="Ключ операции из списка.")]) -> None:
    """Отметить, что звонящему перезвонили и об отказе он знает."""

    async def note(log: SqlOperationLog, _calls: SqlCallRecords) -> OperationRecord | None:
        record = await log.load(key)
        if record is not None and record.state is OperationState.REFUSED:
            await log.note_told(key, datetime.now(UTC))
        return record

    record = _ask(note)
    if record is None or record.state is not OperationState.REFUSED:
        Console().print("[red]Отказа с таким ключом нет.[/] Список: yulia operations list --refused")
        raise typer.Exit(1)
    Console().print("Отмечено.")


def table_of(found: list[tuple[OperationRecord, str | None]]) -> Table:
    """Draw operations with their callers' numbers."""
    key = Column("ключ", no_wrap=True, min_width=40)  # to be copied whole
    table = Table("принята (UTC)", "что", "о чём", "состояние", "почему", "звонил", key)
    for record, number in found:
        colour, words = STATE_WORDS[record.state]
        table.add_row(
            f"{record.accepted_at:%d.%m %H:%M:%S}",
            KIND_WORDS.get(record.kind, record.kind),
            Text(_WORD.sub(lambda word: SUMMARY_WORDS.get(word[0], word[0]), record.summary)),
            Text(words, colour),
            REASON_WORDS.get(record.reason or "", record.reason or record.fault or ""),
            number or "номер неизвестен",
            record.key,
        )
    return table


def _as_json(record: OperationRecord, caller_number: str | None) -> dict[str, str | int | None]:
    return {
        "key": record.key,
        "call_id": record.call_id,
        "caller_number": caller_number,
        "kind": record.kind,
        "summary": record.summary,
        "state": record.state.value,
        "accepted_at": record.accepted_at.isoformat(),
        "tries": record.tries,
        "fault": record.fault,
        "settled_at": record.settled_at.isoformat() if record.settled_at else None,
        "reason": record.reason,
        "customer_id": record.customer_id,
        "told_at": record.told_at.isoformat() if record.told_at else None,
    }


async def _caller_number(calls: SqlCallRecords, call_id: str) -> str | None:
    record = await calls.load(call_id)
    return None if record is None else record.start.caller_number


def _ask(work: Callable[[SqlOperationLog, SqlCallRecords], Awaitable[_AnswerT]]) -> _AnswerT:
    settings, line = running_line()

    async def ask() -> _AnswerT:
        log = SqlOperationLog(line.database_url, limit_seconds=settings.database.limit_seconds)
        calls = SqlCallRecords(line.database_url, limit_seconds=settings.database.limit_seconds)
        try:
            return await work(log, calls)
        finally:
            await log.close()
            await calls.close()

    try:
        return asyncio.run(ask())
    except (OperationLogError, CallRecordError) as error:
        Console().print(f"[red]Операции недоступны:[/] {error}")
        raise typer.Exit(1) from None
