"""`yulia desk` and `yulia calls`: what agents' screens receive, and the records of calls, in a terminal."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from integrations.call_records.port import CallRecord, CallRecordError
from integrations.call_records.sql_records import SqlCallRecords
from integrations.desk.port import DeskEvent, DeskEventKind
from integrations.desk.redis_desk import RedisDesk
from integrations.redis_link import RedisLink
from ivr.line.running import running_line
from ivr.operation_commands import REASON_WORDS

app = typer.Typer(help="Экран сотрудника в терминале: карточки переданных звонков.", no_args_is_help=True)

KIND_WORDS = {
    DeskEventKind.QUEUED: ("yellow", "ждёт в очереди"),
    DeskEventKind.RINGING: ("cyan", "звонит"),
    DeskEventKind.CONNECTED: ("green", "соединён"),
    DeskEventKind.NOT_ANSWERED: ("red", "не взяли трубку"),
    DeskEventKind.ABANDONED: ("red", "не дождался"),
    DeskEventKind.COMPLETED: ("dim", "разговор окончен"),
}
REASONS = REASON_WORDS | {
    "asked": "просит сотрудника",
    "no_input": "молчит",
    "no_match": "не удалось понять",
    "action_failed": "система лояльности не отвечает",
    "locked": "слишком много неверных попыток назвать карту",
    "not_found": "карта не нашлась",
    "not_automated": "Юля этого ещё не умеет",
    "not_identified": "не удалось узнать звонящего",
    "not_mergeable": "эти карты по телефону не объединить",
    "unblocking": "просит разблокировать карту",
    "tie_accepted": "телефон ещё добавляется в профиль",
    "frustration": "недоволен",
    "out_of_scope": "спрашивает о том, чего Юля не знает",
    "internal_error": "сбой у Юли",
    "speech_failed": "сбой у Юли: нет голоса",
    "audio_failed": "сбой у Юли: пропал звук",
    "worker_stopped": "Юлю перезапускают",
    "call_too_long": "разговор затянулся",
    "too_many_calls": "слишком много звонков",
}


@app.command()
def tail(
    from_start: Annotated[bool, typer.Option("--all", help="Показать и то, что уже было.")] = False,
) -> None:
    """Показывать карточки звонков по мере того, как они приходят сотрудникам (Ctrl-C — выход)."""
    settings, line = running_line()

    async def follow() -> None:
        console = Console()
        async with RedisLink(settings.redis.model_copy(update={"url": line.redis_url})) as link:
            async for event in RedisDesk(link, settings.retention).events(from_start=from_start):
                console.print(card(event))

    try:
        asyncio.run(follow())
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def card(event: DeskEvent) -> Panel:
    """Draw one event with the card of its call."""
    colour, words = KIND_WORDS[event.kind]
    context = event.context
    facts = Table.grid(padding=(0, 2))
    who = " ".join(filter(None, (context.customer_name or "не узнан", context.caller_number)))
    facts.add_row("Кто", Text(who))
    facts.add_row("Почему", Text(REASONS.get(context.reason or "", context.reason or "связь с Юлей прервалась")))
    for name, lines in (("Просил", context.asked), ("Сделано", context.done), ("Осталось", context.left)):
        if lines:
            facts.add_row(name, Text("\n".join(lines)))
    speech = Text()
    for entry in context.transcript[-6:]:
        if entry.who in ("caller", "yulia"):
            speech.append(f"{'Звонящий' if entry.who == 'caller' else 'Юля'}: {entry.text or '—'}\n", "dim")
    title = f"[{colour}]{words}[/] · {escape(event.queue)} · {escape(event.agent or '—')} · {event.at[11:23]}"
    return Panel(Group(facts, speech), title=title, title_align="left", border_style=colour)


def calls(
    call_id: Annotated[str | None, typer.Argument(help="Идентификатор звонка; без него — список последних.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Сколько звонков показать.")] = 20,
) -> None:
    """Показать записи о звонках: последние или один целиком."""
    settings, line = running_line()

    async def read() -> tuple[CallRecord, ...]:
        records = SqlCallRecords(line.database_url, limit_seconds=settings.database.limit_seconds)
        try:
            if call_id is None:
                return await records.latest(limit)
            found = await records.load(call_id)
            return () if found is None else (found,)
        finally:
            await records.close()

    console = Console()
    try:
        found = asyncio.run(read())
    except CallRecordError as error:
        console.print(f"[red]Записи недоступны:[/] {error}")
        raise typer.Exit(1) from None
    if call_id is not None and not found:
        console.print("[red]Такого звонка нет.[/] Список последних: yulia calls")
        raise typer.Exit(1)
    console.print(_one_call(found[0]) if call_id is not None else _list_of_calls(found))


def _list_of_calls(records: tuple[CallRecord, ...]) -> Table:
    table = Table("начало (UTC)", Column("звонок", no_wrap=True), "звонящий", "итог", "причина", "тема", "сотрудник")
    for record in records:
        end = record.end
        table.add_row(
            f"{record.start.started_at:%d.%m %H:%M:%S}",
            record.start.call_id,
            record.start.caller_number or "скрыт",
            end.outcome.value if end else "идёт",
            (end and end.reason) or "",
            (end and end.topic) or "",
            record.agent or "",
        )
    return table


def _one_call(record: CallRecord) -> Table:
    table = Table("время, с", "кто", "что", "текст", "шаг", "пауза до ответа, с", title=record.start.call_id)
    for turn in record.end.turns if record.end else ():
        gap = "" if turn.response_gap_seconds is None else f"{turn.response_gap_seconds:.2f}"
        table.add_row(f"{turn.at_seconds:.1f}", turn.who, turn.kind, Text(turn.text), turn.step or "", gap)
    return table
