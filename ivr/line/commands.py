"""`yulia run`, `yulia status` and `yulia asterisk`: bring a line up, look at it, ask its Asterisk."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import time
from contextlib import suppress
from typing import Annotated, Any

import jinja2
import psutil
import structlog
import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from ivr.line.asterisk_config import AsteriskAccess
from ivr.line.asterisk_server import AsteriskCommandFailed, AsteriskServer
from ivr.line.call_log import follow, readable
from ivr.line.installation import NoAsterisk, find_installation
from ivr.line.line import Line
from ivr.line.plan import WORKER, LinePlan
from ivr.line.ports import PortTaken
from ivr.line.processes import ProcessFailed, ProcessState, SupervisedProcess
from ivr.line.secrets import FILE_NAME
from ivr.line.state import AlreadyRunning, StateError, StateFolders, default_state_dir
from ivr.line.worker_parts import worker_parts

EXPECTED_FAULTS = (ProcessFailed, PortTaken, NoAsterisk, StateError, AlreadyRunning, FileNotFoundError, OSError)

_COLOURS = {
    ProcessState.STARTING: "yellow",
    ProcessState.READY: "green",
    ProcessState.RESTARTING: "yellow",
    ProcessState.FAILED: "red",
    ProcessState.STOPPED: "dim",
}


def add_commands(app: typer.Typer) -> None:
    """Add the line's commands to the root command."""
    app.command("run")(run)
    app.command("status")(status)
    app.command("asterisk", context_settings={"ignore_unknown_options": True})(asterisk)


def run() -> None:
    """Bring the line up and stay with it; Ctrl-C stops everything it started."""
    console = Console()
    # What the supervision has to say is shown in the line's own way.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with suppress(KeyboardInterrupt):
        raise typer.Exit(asyncio.run(run_line(_plan(), console)))


def status() -> None:
    """Tell what the running line consists of and whether it is well."""
    console = Console()
    folders = StateFolders(_plan().state_dir)
    if not folders.addresses_file.exists():
        console.print(f"no line is running with the state folder {folders.top}")
        raise typer.Exit(1)
    facts: dict[str, Any] = json.loads(folders.addresses_file.read_text(encoding="utf-8"))
    table = Table("part", "process", "state")
    well = True
    for name, pid in facts["processes"].items():
        alive = pid is not None and psutil.pid_exists(pid)
        well = well and alive
        table.add_row(name, str(pid), "[green]runs[/]" if alive else "[red]gone[/]")
    console.print(table)
    for what in ("hotline", "web", "ami", "loyalty"):
        console.print(f"{what:8} {facts[what]}", highlight=False)
    for part in asyncio.run(worker_parts(facts["web"])):
        state = "[green]up[/]" if part.is_up else "[red]down[/]"
        console.print(f"{part.name:8} {state} {escape(part.note)}", highlight=False, soft_wrap=True)
    raise typer.Exit(0 if well else 1)


def asterisk(
    command: Annotated[list[str], typer.Argument(help='A command of Asterisk, such as "core show channels".')],
) -> None:
    """Run a command on the command line of the line's Asterisk."""
    plan = _plan()
    try:
        installation = find_installation(plan.asterisk, default_state_dir())
        access = AsteriskAccess(plan.agi, plan.ami, plan.ami_username, "", {})
        server = AsteriskServer(plan.asterisk, installation, access, StateFolders(plan.state_dir), None)
        typer.echo(asyncio.run(server.rx(" ".join(command))), nl=False)
    except (NoAsterisk, AsteriskCommandFailed) as error:
        typer.secho(f"Asterisk does not answer: {error}", fg="red", err=True)
        raise typer.Exit(1) from None


async def run_line(plan: LinePlan, console: Console) -> int:
    """Run a line until SIGINT or SIGTERM; the answer is the exit code."""
    began = time.monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    display = StartDisplay(console)
    line = Line(plan, display.show)
    entering = asyncio.create_task(line.__aenter__())
    interrupted = asyncio.create_task(stopping.wait())
    try:
        with display:
            await asyncio.wait([entering, interrupted], return_when=asyncio.FIRST_COMPLETED)
            if not entering.done():
                entering.cancel()
                await asyncio.wait([entering])
                console.print("stopped")
                return 130
            error = entering.exception()
        if error is not None:
            return _explain(error, console)
        _tell_how_to_call(line, console, time.monotonic() - began)
        await _watch(line, console, interrupted)
        console.print("stopping …")
        return 0
    finally:
        interrupted.cancel()
        await line.stop()


class StartDisplay:
    """The parts while they start: a live table on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._processes: dict[str, SupervisedProcess] = {}
        self._live: Live | None = None
        self._started = False

    def show(self, process: SupervisedProcess) -> None:
        """Take note of a change of a process."""
        self._processes[process.name] = process
        if self._live is not None:
            self._live.update(self._table())
        elif (self._started or not self._console.is_terminal) and process.state is not ProcessState.STARTING:
            self._console.print(f"{process.name}: {_in_words(process)}", highlight=False)

    def __enter__(self) -> StartDisplay:
        if self._console.is_terminal:
            self._live = Live(self._table(), console=self._console, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        self._live, self._started = None, True

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for process in self._processes.values():
            table.add_row(process.name, _in_words(process))
        return table


def _in_words(process: SupervisedProcess) -> str:
    colour = _COLOURS[process.state]
    seconds = process.ready_after_seconds
    after = f" after {seconds:.1f} s" if process.state is ProcessState.READY and seconds is not None else ""
    detail = f" ({escape(process.detail)})" if process.detail else ""
    return f"[{colour}]{process.state}[/]{after}{detail}"


def _explain(error: BaseException, console: Console) -> int:
    faults = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    for fault in faults:
        if isinstance(fault, (*EXPECTED_FAULTS, jinja2.TemplateError)):
            console.print(f"[bold red]The line cannot start.[/] {escape(str(fault))}", highlight=False, soft_wrap=True)
        else:
            raise fault
    return 1


def _tell_how_to_call(line: Line, console: Console, seconds: float) -> None:
    plan = line.plan
    console.print()
    console.print(f"[bold green]The line answers[/] (up in {seconds:.1f} s).", highlight=False)
    agents = ", ".join(plan.asterisk.agents)
    rows = {
        "call": f"{line.hotline_uri}   or, in another terminal, `make call`",
        "agents": f"{agents} at {line.sip}; `make agent` is one; passwords: {plan.state_dir / FILE_NAME}",
        "health": f"http://{plan.web}/readyz, metrics http://{plan.web}/metrics",
        "logs": str(line.folders.logs),
        "stop": "Ctrl-C",
    }
    for name, text in rows.items():
        console.print(f"{name:8}{text}", highlight=False, markup=False, soft_wrap=True)
    console.print()


async def _watch(line: Line, console: Console, interrupted: asyncio.Task[bool]) -> None:
    worker = line.processes.get(WORKER)
    tasks: set[asyncio.Task[Any]] = {interrupted}
    if worker is not None:
        tasks.add(asyncio.create_task(_print_calls(worker, console)))
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks - {interrupted}:
            task.cancel()


async def _print_calls(worker: SupervisedProcess, console: Console) -> None:
    log_file = worker.spec.log_file
    async for line in follow(log_file, log_file.stat().st_size):
        text = readable(line)
        if text is not None:
            console.print(escape(text), highlight=False, soft_wrap=True)


def _plan() -> LinePlan:
    from pydantic import ValidationError

    from ivr.settings import Settings

    try:
        return LinePlan.from_settings(Settings())
    except ValidationError as error:
        for fault in error.errors():
            name = "YULIA_" + "__".join(str(part).upper() for part in fault["loc"])
            typer.secho(f"{name}: {fault['msg']}", fg="red", err=True)
        sys.exit(2)
