"""What the line costs and how soon it answers, measured from outside."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.capture import CapturedCall, calls_in, captured
from ivr.line.line import Line
from ivr.line.plan import ASTERISK, REDIS, WORKER

SCENARIO = Path(__file__).with_name("keypad_caller.xml")
CALL_SECONDS = 40
PLOTTED_SAMPLES = 400
FIRST_PORT = 30000
KEYS = "1@12.5,2@21.0"
PEOPLE = [f"+7916000{number:04}" for number in (1, 6, 7, 8, 9, 10, 11)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A distribution with its target."""

    what: str
    n: int
    p50: float
    p95: float
    p99: float
    max: float
    unit: str
    target: str = ""
    met: bool | None = None
    samples: tuple[float, ...] = ()  # for plots, thinned out

    @classmethod
    def of(cls, what: str, values: Sequence[float], unit: str, *, target: str = "", met: bool | None = None) -> Figure:
        """Sum up measured values."""
        ordered = sorted(values)

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4) if ordered else 0.0

        step = max(1, len(ordered) // PLOTTED_SAMPLES)
        thinned = tuple(round(value, 4) for value in (*ordered[::step], *ordered[-1:]))
        return cls(what, len(ordered), at(0.5), at(0.95), at(0.99), at(1.0), unit, target, met, thinned)

    def cells(self) -> tuple[str, ...]:
        """Return the figure as a row of the table."""
        numbers = (f"{value:.3f} {self.unit}" for value in (self.p50, self.p95, self.p99, self.max))
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[self.met]
        return (self.what, str(self.n), *numbers, self.target, met)

    def as_dict(self) -> dict[str, object]:
        """Return the figure for the results file."""
        return {name: value for name, value in asdict(self).items() if name != "samples"}


def table_of(figures: Iterable[Figure]) -> Table:
    """Show figures in a terminal."""
    table = Table("what", "n", "p50", "p95", "p99", "max", "target", "met")
    for figure in figures:
        table.add_row(*figure.cells())
    return table


async def measure(line: Line, folder: Path, greetings: int, calls: int, console: Console) -> list[Figure]:
    """Measure greetings one by one, then a crowd of keypad callers at once."""
    with Progress(console=console) as progress:
        task = progress.add_task("greetings, one call at a time", total=None)
        single = await _ring(line, folder, count=greetings, rate=2, at_once=1, greeting_only=True)
        progress.update(task, total=1, completed=1)
        task = progress.add_task(f"{calls} keypad calls at once", total=None)
        usage = asyncio.create_task(_watch_usage(line))
        crowd = await _ring(line, folder, count=calls, rate=10, at_once=calls, greeting_only=False)
        usage.cancel()
        cpu, memory = await usage
        progress.update(task, total=1, completed=1)
    return _figures(single, crowd, cpu, memory, calls)


def _figures(
    single: list[CapturedCall],
    crowd: list[CapturedCall],
    cpu: dict[str, list[float]],
    memory: dict[str, list[float]],
    calls: int,
) -> list[Figure]:
    sounds = [call.first_sound_seconds for call in single if call.first_sound_seconds is not None]
    crowd_sounds = [call.first_sound_seconds for call in crowd if call.first_sound_seconds is not None]
    late = [value for call in crowd for value in call.lateness_seconds()]
    over = sum(value > 0.06 for value in late) / max(1, len(late))
    greeting = Figure.of("INVITE to first sound, one call at a time", sounds, "s", target="p95 ≤ 0.5 s")
    figures = [
        Figure(**{**asdict(greeting), "met": bool(sounds) and greeting.p95 <= 0.5}),
        Figure.of(f"INVITE to first sound, {calls} calls at once", crowd_sounds, "s"),
        Figure.of(
            f"frame lateness at the caller, {calls} calls: {over:.4%} over 60 ms",
            late,
            "s",
            target="≤ 0.1 % over 60 ms",
            met=bool(late) and over <= 0.001,
        ),
    ]
    figures += [Figure.of(f"CPU of {name}, {calls} calls", values, "cores") for name, values in cpu.items() if values]
    for name, values in memory.items():
        figures.append(
            Figure.of(f"memory of {name} (RSS)", values, "MB", target="≤ 250 MB", met=max(values, default=0.0) <= 250)
        )
    return figures


async def _ring(
    line: Line, folder: Path, *, count: int, rate: int, at_once: int, greeting_only: bool
) -> list[CapturedCall]:
    capture = folder / f"calls-{at_once}.pcap"
    rows = (f"{PEOPLE[number % len(PEOPLE)]};{FIRST_PORT + 2 * number}" for number in range(count))
    (folder / "callers.csv").write_text("SEQUENTIAL\n" + "\n".join(rows) + "\n", encoding="ascii")
    scenario = folder / "scenario.xml"
    text = SCENARIO.read_text(encoding="utf-8")
    scenario.write_text(_greeting_only(text) if greeting_only else text, encoding="utf-8")
    command = [
        *("sipp", str(line.sip), "-s", line.plan.asterisk.hotline_number, "-i", "127.0.0.1", "-sf", str(scenario)),
        *("-inf", str(folder / "callers.csv"), "-m", str(count), "-r", str(rate), "-l", str(at_once)),
        *("-nostdin", "-timeout", str(count * 3 + CALL_SECONDS * 2)),
    ]
    with captured(capture), _sound(count, "" if greeting_only else KEYS):
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, complaint = await process.communicate()
    calls = calls_in(capture, line.plan.asterisk.sip_port)
    if len(calls) < count:
        raise RuntimeError(f"only {len(calls)} of {count} calls were made: {complaint.decode(errors='replace')[-400:]}")
    return calls


@contextmanager
def _sound(calls: int, keys: str) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.media", str(FIRST_PORT), str(calls), keys]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the callers' sound did not start")
        yield
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _greeting_only(scenario: str) -> str:
    """Make the caller hang up soon after the greeting has begun."""
    start, end = scenario.index('  <recv request="BYE"'), scenario.index("</scenario>")
    bye = """  <pause milliseconds="1500"/>
  <send retrans="500">
    <![CDATA[
      BYE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]bench[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: 2 BYE
      Max-Forwards: 70
      Content-Length: 0
    ]]>
  </send>
  <recv response="200"/>
"""
    return scenario[:start] + bye + scenario[end:]


def _resident(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


async def _watch_usage(line: Line) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Sample once a second until cancelled: CPU of each part in cores, memory of the worker in MB."""
    worker = psutil.Process(line.processes[WORKER].pid)
    memory: dict[str, list[float]] = {"the worker": [], "the worker and its speech processes": []}
    processes = {name: psutil.Process(line.processes[name].pid) for name in (ASTERISK, WORKER, REDIS)}
    samples: dict[str, list[float]] = {name: [] for name in processes}
    before = {name: (time.monotonic(), sum(process.cpu_times()[:2])) for name, process in processes.items()}
    try:
        while True:
            await asyncio.sleep(1.0)
            alone = _resident(worker)
            memory["the worker"].append(alone)
            helpers = sum(_resident(child) for child in worker.children(recursive=True))
            memory["the worker and its speech processes"].append(alone + helpers)
            for name, process in processes.items():
                now, used = time.monotonic(), sum(process.cpu_times()[:2])
                then, used_then = before[name]
                samples[name].append((used - used_then) / (now - then))
                before[name] = (now, used)
    except asyncio.CancelledError:
        return samples, memory
