"""A call at the keyboard."""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from rich.console import Console
from rich.markup import escape

from dialogs.customer_facts import nobody
from dialogs.engine.engine import Engine
from dialogs.engine.state import plain
from dialogs.engine.vocabulary import (
    ActionDone,
    ActionFailed,
    Ask,
    CallStarted,
    Event,
    Heard,
    HearingFailed,
    HungUp,
    KeysPressed,
    NothingHeard,
    Question,
    Resumed,
    RunAction,
    Understood,
    Value,
)
from dialogs.talks.case_steps import duration
from dialogs.talks.example_results import RESULTS
from dialogs.talks.expectations import name_of
from dialogs.talks.player import UNKNOWN
from dialogs.talks.report import shown
from dialogs.talks.sandbox_world import CALL_ID, SandboxWorld
from dialogs.talks.text_call import FINAL, Reaction, TextCall, Understands
from integrations.loyalty.sandbox.in_process import Health

MENU = """\
[dim]речь — строкой; клавиши — [/dim]=1[dim]; молчание — Enter; конец звонка — Ctrl+D; остальное:[/dim]
  !шум                     неразборчивые слова
  !слух                    распознавание отказало
  !перехват                звонок принял другой процесс
  !state                   состояние разговора
  !loyalty down|slow|garbage|up   система лояльности
  !later 25h               прошло время (s, m, h, d)
  !операции                что записано для системы лояльности
  !?                       эта справка"""
EVENTS: Mapping[str, Event] = {
    "!шум": Heard(UNKNOWN),
    "!слух": HearingFailed(),
    "!перехват": Resumed(),
}
BY_HAND: Mapping[str, Mapping[str, Value]] = {
    "": RESULTS["one card, some expire"],
    "н": nobody("not_found"),
    "з": nobody("locked"),
}

BY_HAND_CHOICE = (
    "[yellow]ответ (Enter — найден, н — не найден, з — заблокирован, с — сбой, или целиком: {outcome: …}):[/yellow] "
)


class Simulator:
    """Reads what the caller does from the keyboard until the call is over."""

    def __init__(self, console: Console, engine: Engine, understand: Understands, world: SandboxWorld | None) -> None:
        """Without a world the results of actions are asked for."""
        self._console = console
        self._world = world
        self._call = TextCall(engine, understand, world)

    async def run(self, caller: str | None) -> None:
        """Talk until somebody hangs up or an agent takes over."""
        self._console.print(MENU)
        event: Event = CallStarted(caller, CALL_ID)
        while True:
            reaction = await self._call.tell(event)
            self._show(reaction)
            if reaction.last is None or isinstance(reaction.last, FINAL):
                return
            event = self._result(reaction.last) if isinstance(reaction.last, RunAction) else await self._answer()

    def _show(self, reaction: Reaction) -> None:
        for text, meaning in reaction.understood:
            self._console.print(f"[magenta]понято[/magenta] {_intents(meaning)} [dim]{escape(text)}[/dim]")
        for number, command in enumerate(reaction.actions):
            outcome = reaction.outcomes[number] if number < len(reaction.outcomes) else None
            arguments = escape(shown(dict(command.arguments)))
            self._console.print(f"[yellow]{command.action} {arguments}[/yellow] {escape(_outcome(outcome))}")
        for prompt in reaction.prompts:
            self._console.print(f"[cyan]Юля:[/cyan] {escape(prompt.text)} [dim]{prompt.id}[/dim]")
        if isinstance(reaction.last, Ask):
            self._console.print(f"[dim]{escape(_limits(reaction.last.question))}[/dim]")
        elif isinstance(reaction.last, FINAL):
            self._console.print(f"[yellow]{escape(name_of(reaction.last))}[/yellow] [dim]{escape(str(reaction.last))}")

    async def _answer(self) -> Event:
        while True:
            try:
                line = self._console.input("[green]вы:[/green] ").strip()
            except EOFError:
                return HungUp()
            if not line:
                return NothingHeard()
            if not line.startswith("!"):
                return KeysPressed(line[1:]) if line.startswith("=") else Heard(line.lower())
            if line in EVENTS:
                return EVENTS[line]
            await self._obey(line)

    async def _obey(self, line: str) -> None:
        order, _, argument = line.partition(" ")
        world = self._world
        match order:
            case "!state":
                self._show_state()
            case "!loyalty" if world is not None and argument in list(Health):
                await world.fall_ill(Health(argument))
            case "!later" if world is not None:
                try:
                    await world.pass_time(duration(argument.strip()))
                except ValueError:
                    self._console.print("[red]Бывает: 90s, 5m, 25h, 2d[/red]")
            case "!операции" if world is not None:
                for record in await world.operations():
                    reason = f" ({record.reason})" if record.reason else ""
                    self._console.print(f"{record.kind} {escape(record.summary)}: {record.state.value}{reason}")
            case _:
                self._console.print(MENU)

    def _show_state(self) -> None:
        state = self._call.state
        frames = " > ".join(f"{frame.flow}/{frame.step}" for frame in state.frames)
        lines = [
            f"сценарии: {frames}",
            f"ждём: {state.waiting.value}, ответ: {state.mode.value}, событий: {state.turns}",
            *(
                f"{name} = {shown(slot.value)} ({slot.source.value}{', подтверждён' if slot.confirmed else ''})"
                for name, slot in state.slots.items()
            ),
            *(f"не поняли {name}: {each.no_match}, молчали: {each.no_input}" for name, each in state.misses.items()),
            f"просил: {shown(state.asked)}, сделано: {shown(state.done)}, осталось: {shown(state.left)}",
        ]
        for line in lines:
            self._console.print(f"  [dim]{escape(line)}[/dim]", soft_wrap=True)

    def _result(self, command: RunAction) -> Event:
        try:
            choice = self._console.input(
                "[yellow]ответ (Enter — найден, н — не найден, з — заблокирован, с — сбой):[/] "
            )
        except EOFError:
            return HungUp()
        result = _by_hand(choice.strip())
        return ActionFailed(command.action, "unavailable") if result is None else ActionDone(command.action, result)


def _by_hand(choice: str) -> Mapping[str, Value] | None:
    if not choice.startswith("{"):
        return BY_HAND.get(choice.lower())
    try:
        written = plain(yaml.safe_load(choice))
    except yaml.YAMLError:
        return None
    return written if isinstance(written, Mapping) else None


def _intents(meaning: Understood) -> str:
    return ", ".join(f"{intent.name} {intent.confidence:.2f}" for intent in meaning.intents[:3]) or "ничего"


def _outcome(outcome: ActionDone | ActionFailed | None) -> str:
    match outcome:
        case ActionDone(result=result):
            return f"→ {result.get('outcome', 'ok')}"
        case ActionFailed(error=error):
            return f"→ сбой: {error}"
        case None:
            return ""


def _limits(question: Question) -> str:
    limits, keys = question.limits, question.keys
    end = f", конец {keys.end_key}" if keys.end_key else ""
    return (
        f"{question.id}: молчание {limits.start_seconds:g} с, ответ до {limits.max_seconds:g} с, пауза"
        f" {limits.complete_seconds:g}–{limits.incomplete_seconds:g} с; клавиш до {keys.max_keys}{end};"
        f" перебивать {'можно' if question.barge_in else 'нельзя'}{'' if question.phrases else '; только клавиши'}"
    )
