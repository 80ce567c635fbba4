"""`yulia call` and `yulia agent`: a demonstration caller and an agent's phone in the terminal."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from rich.console import Console

from asr_models.port import Recogniser, RecognitionError
from integrations.call_context.port import CallContext, CallContextError
from ivr.softphone.call_events import Side
from ivr.softphone.errors import SoftphoneError
from ivr.softphone.live_print import LivePrinter, summary
from ivr.softphone.scenario import Scenario
from ivr.softphone.scenario_reader import DEMONSTRATION, read_scenario, shipped_scenario

if TYPE_CHECKING:
    from ivr.line.line import Line
    from ivr.settings import Settings
    from ivr.softphone.line_call import LineCall
    from ivr.softphone.scenario_report import ScenarioReport
    from ivr.softphone.scenario_run import Stage

_AGENT_PATIENCE_SECONDS = 3600.0
_LINE_PATIENCE_SECONDS = 20.0


def add_commands(app: typer.Typer) -> None:
    """Add the phones' commands to the root command."""
    app.command("call")(call)
    app.command("agent")(agent)


def call(
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="A scenario: a YAML file, or the name of a shipped one. May be given several times."),
    ] = None,
    number: Annotated[str | None, typer.Option(help="Number to dial; default: the line's hotline.")] = None,
    server: Annotated[str | None, typer.Option(help="host:port of SIP; default: the line's own Asterisk.")] = None,
    caller_number: Annotated[str | None, typer.Option(help="Who calls; overrides the scenario.")] = None,
    record_dir: Annotated[Path, typer.Option(help="Folder for the recordings.")] = Path("recordings"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of the live story.")] = False,
    transcript: Annotated[bool, typer.Option(help="Read back what Yulia says with the line's recogniser.")] = True,
) -> None:
    """Call the running line as a test caller, live: who says what, with times.

    Without a scenario the two demonstrations are played: [b]balance[/] (a caller asks how many points there are) and
    [b]operator[/] (a caller asks for a person; an agent's phone answers and shows the context). Shipped as well:
    activation, merging, blocking, balance_by_keys, barge_in, blocked_card, crowd, hang_up, silence.

    Every call is recorded as a stereo WAV, the caller on the left, Yulia on the right. Unknown words of the transcript
    show as «…»: the small model knows only the words of its trade.

    How to write a scenario: [b]pydoc ivr.softphone.scenario[/]. The exit code is 0 when all that the scenarios demand
    came true, 1 when not, 2 when no call could be made.
    """
    console = Console(stderr=as_json)
    _quiet()
    try:
        chosen = [_find(name) for name in scenario or DEMONSTRATION]
        reports = asyncio.run(
            _call(chosen, number, server, caller_number, record_dir, transcript, None if as_json else console)
        )
    except SoftphoneError as error:
        console.print(f"[red]{type(error).__name__}[/] {error}", highlight=False, markup=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps([report.as_json() for report in reports], ensure_ascii=False, indent=2))
    else:
        console.print(summary(reports))
        for report in reports:
            if report.recording is not None:
                console.print(f"запись: {report.recording}", highlight=False)
    raise typer.Exit(0 if all(report.ok for report in reports) else 1)


def agent(
    user: Annotated[str, typer.Option(help="Which agent's phone.")] = "agent1",
    server: Annotated[str | None, typer.Option(help="host:port of SIP; default: the line's own Asterisk.")] = None,
    password: Annotated[
        str | None, typer.Option(help="Its SIP password; default: the line's.", envvar="YULIA_AGENT_PASSWORD")
    ] = None,
    answer_after_seconds: Annotated[float, typer.Option(min=0, help="How long it rings.")] = 2.0,
    says: Annotated[str, typer.Option(help="What the agent says first.")] = "Здравствуйте! Слушаю вас.",
    talk_seconds: Annotated[float, typer.Option(min=0, help="Talk before hanging up; 0: until the caller does.")] = 0.0,
    once: Annotated[bool, typer.Option(help="Leave after the first call.")] = False,
) -> None:
    """Be an agent's phone: register, answer what the queue sends, and show the context that came with the call.

    The header [b]X-Yulia-Context[/] of the INVITE is the key of the call's card; the card itself is read from the
    running line's Redis: who calls, what they asked for, what was done, what is left. Ctrl-C unregisters and leaves.
    """
    console = Console()
    _quiet()
    try:
        asyncio.run(_agent(console, user, server, password, answer_after_seconds, says, talk_seconds, once))
    except SoftphoneError as error:
        console.print(f"[red]{type(error).__name__}[/] {error}", highlight=False)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def agent_password(line: Line, user: str) -> str:
    """Look up the generated SIP password of an agent of the line on this machine.

    Raises:
        SoftphoneError: no line was run here, or it has no such agent.
    """
    if not line.attach():
        raise SoftphoneError("no line was ever run here: start one with `make run`, or give the password")
    try:
        return line.secrets.agents[user]
    except KeyError:
        known = ", ".join(sorted(line.secrets.agents)) or "none"
        raise SoftphoneError(f"the line has no agent {user!r}; it has {known}") from None


def yulias_sentences(settings: Settings) -> tuple[str, ...]:
    """Read the texts that Yulia may say, for the transcript; none when the dialogue cannot be read."""
    import yaml

    from dialogs.reader.folder import domain_files

    paths = domain_files(settings.dialogue.flows_folder, "responses")
    try:
        topics = [yaml.safe_load(path.read_text(encoding="utf-8"))["responses"] for path in paths]
        texts = [variant["text"] for topic in topics for variants in topic.values() for variant in variants]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return ()
    facts = settings.dialogue.facts()
    for name, value in facts.items():
        texts = [text.replace(f"{{settings.{name}}}", str(value)) for text in texts]
    return tuple(texts)


def _find(name: str) -> Scenario:
    path = Path(name)
    return read_scenario(path if path.suffix in (".yml", ".yaml") or path.exists() else shipped_scenario(name))


async def _call(
    scenarios: list[Scenario],
    number: str | None,
    server: str | None,
    caller_number: str | None,
    record_dir: Path,
    transcript: bool,
    console: Console | None,
) -> list[ScenarioReport]:
    from ivr.softphone.phone import SoftPhones
    from ivr.softphone.scenario_run import Stage

    settings, line = _line()
    if server is None and not await line.takes_calls():
        if console is not None:
            console.print("[dim]жду, пока линия поднимется (make run)…[/]")
        await line.ready_within(_LINE_PATIENCE_SECONDS)  # without a worker the agents answer: called all the same
    recogniser = _recogniser(settings, console) if transcript else None
    reports: list[ScenarioReport] = []
    printer = LivePrinter(console) if console is not None else None
    try:
        async with SoftPhones(settings.softphone, log_path=record_dir / "sip-stack.log") as phones:
            stage = Stage(
                phones,
                server=server or str(line.sip),
                number=number or settings.asterisk.hotline_number,
                recogniser=recogniser,
                sentences=yulias_sentences(settings),
                record_dir=record_dir,
                agent_password=lambda user: agent_password(line, user),
                on_line=printer.line if printer is not None else None,
            )
            for scenario in scenarios:
                if printer is not None:
                    printer.title(scenario.name, scenario.description, caller_number or scenario.caller_number)
                reports.append(await _play(scenario, stage, number, caller_number))
    finally:
        if recogniser is not None:
            await recogniser.close()
    return reports


async def _play(scenario: Scenario, stage: Stage, number: str | None, caller_number: str | None) -> ScenarioReport:
    from ivr.softphone.scenario_run import run_scenario

    if number is not None:
        scenario = scenario.model_copy(update={"number": number})
    return await run_scenario(scenario, stage, caller_number=caller_number)


def _recogniser(settings: Settings, console: Console | None) -> Recogniser | None:
    from asr_models.vosk_engine import VoskRecogniser

    try:
        # Every word counts here: a doubtful one is shown rather than taken for unknown.
        return VoskRecogniser(settings.hearing.model_copy(update={"min_word_confidence": 0.0}))
    except RecognitionError as error:
        if console is not None:
            console.print(f"[yellow]no transcript, and what it should hold is not checked:[/] {error}", highlight=False)
        return None


async def _agent(
    console: Console,
    user: str,
    server: str | None,
    password: str | None,
    answer_after_seconds: float,
    says: str,
    talk_seconds: float,
    once: bool,
) -> None:
    from ivr.softphone.phone import CONTEXT_HEADER, SoftPhones

    settings, line = _line()
    async with SoftPhones(settings.softphone) as phones:
        phone = await phones.agent(
            user,
            password or agent_password(line, user),
            server or str(line.sip),
            answer_after_seconds=answer_after_seconds,
        )
        console.print(f"[green]{user}[/] на линии. Ctrl-C — уйти.", highlight=False)
        while True:
            talk = await phone.next_call(_AGENT_PATIENCE_SECONDS)
            console.print(f"\n[cyan]звонит[/] {talk.number}", highlight=False)
            for header, value in talk.headers.items():
                console.print(f"  {header}: {value}", highlight=False, markup=False)
            await _show_card(console, line, settings, talk.headers.get(CONTEXT_HEADER), user)
            await _talk(talk, answer_after_seconds, says, talk_seconds)
            ended_by = "вы положили трубку" if talk.ended_by is Side.US else "звонящий положил трубку"
            console.print(f"[dim]разговор окончен: {ended_by}[/]", highlight=False)
            if once:
                return


async def _talk(talk: LineCall, answer_after_seconds: float, says: str, talk_seconds: float) -> None:
    try:
        await talk.answered(answer_after_seconds + 10.0)
        if says:
            await talk.say(says)
        if talk_seconds:
            await talk.hear_seconds(talk_seconds)
            await talk.hang_up()
        else:
            await talk.wait_closed(_AGENT_PATIENCE_SECONDS)
    except SoftphoneError:
        # The caller was gone first; the phone waits for the next one.
        await talk.hang_up()


async def _show_card(console: Console, line: Line, settings: Settings, key: str | None, user: str) -> None:
    from integrations.call_context.redis_store import RedisCallContextStore
    from integrations.desk.port import DeskEvent, DeskEventKind
    from integrations.redis_link import RedisLink
    from ivr.desk_commands import card

    if not key:
        console.print("[yellow]без контекста: звонок пришёл не от Юли, или связь с ней прервалась[/]")
        return
    if not line.attach():
        return
    try:
        async with RedisLink(settings.redis.model_copy(update={"url": line.redis_url})) as link:
            context: CallContext | None = await RedisCallContextStore(link, settings.retention).load(key)
    except CallContextError as error:
        console.print(f"[yellow]карточка недоступна:[/] {error}", highlight=False)
        return
    if context is None:
        console.print("[yellow]карточки нет: её срок вышел[/]")
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    console.print(card(DeskEvent(DeskEventKind.RINGING, context, context.queue or "—", user, now)))


def _line() -> tuple[Settings, Line]:
    from ivr.line.line import Line
    from ivr.line.plan import LinePlan
    from ivr.settings import Settings

    settings = Settings()
    return settings, Line(LinePlan.from_settings(settings))


def _quiet() -> None:
    # The story is on the terminal; only what went wrong may come between.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
