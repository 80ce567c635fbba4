"""A child process that is started, watched, restarted with back-off, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import structlog

from ivr.line.process_log import ProcessLog
from ivr.line.state import ServiceUser

logger = structlog.get_logger()

_PROBE_PAUSE_SECONDS = 0.05
_PROBE_LIMIT_SECONDS = 5.0
_FIRST_BACKOFF_SECONDS = 0.2
_LONGEST_BACKOFF_SECONDS = 5.0
_ALIVE_PAUSE_SECONDS = 2.0


class ProcessState(StrEnum):
    """Where a process stands."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"


class ProcessFailed(Exception):
    """A process ended or did not become ready; the message has its last words and how to mend it."""

    def __init__(self, name: str, reason: str, last_words: str, log_file: Path, mend: str) -> None:
        self.name = name
        self.reason = reason
        self.last_words = last_words
        self.log_file = log_file
        self.mend = mend
        words = f"\n{last_words}" if last_words else ""
        advice = f"\n{mend}" if mend else ""
        super().__init__(f"{name} {reason}. Its log: {log_file}{words}{advice}")


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run and how to know that it is ready."""

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    log_file: Path
    environment: Mapping[str, str] = field(repr=False)  # whole; secrets travel here, never in the command
    folder: Path
    user: ServiceUser | None = None
    mend: str = ""
    alive: Callable[[], Awaitable[bool]] | None = None  # asked while it runs; silence too long is a crash
    frozen_limit_seconds: float = 20.0
    start_limit_seconds: float = 60.0
    stop_limit_seconds: float = 10.0
    restarts_limit: int = 5
    restarts_window_seconds: float = 60.0


class SupervisedProcess:
    """One child process and its supervision."""

    def __init__(self, spec: ProcessSpec, on_change: Callable[[SupervisedProcess], None] | None = None) -> None:
        self.spec = spec
        self.state = ProcessState.STOPPED
        self.detail = ""
        self.restarts = 0
        self.ready_after_seconds: float | None = None
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._supervision: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._log = ProcessLog(spec.log_file)

    @property
    def name(self) -> str:
        """Name for people and for the log file."""
        return self.spec.name

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start, wait until ready, and keep it running from then on. A first start that fails is not repeated.

        Raises:
            ProcessFailed
        """
        if self._supervision is not None and not self._supervision.done():
            raise RuntimeError(f"{self.name} is already supervised")
        first_start: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._supervision = asyncio.create_task(self._supervise(first_start), name=f"supervise {self.name}")
        await first_start

    async def stop(self) -> None:
        """Stop supervising and end the process: SIGTERM, then SIGKILL after the limit. Safe more than once."""
        supervision, self._supervision = self._supervision, None
        if supervision is not None:
            supervision.cancel()
            await asyncio.wait([supervision])
            if not supervision.cancelled() and (error := supervision.exception()) is not None:
                logger.error("supervision had failed", process=self.name, error=repr(error))
        await self._end()
        self._set(ProcessState.STOPPED)

    async def restart(self) -> None:
        """Stop and start.

        Raises:
            ProcessFailed
        """
        await self.stop()
        await self.start()

    def kill(self) -> int:
        """End the process at once, as a crash would; supervision starts it again. Answers the killed process's id.

        Raises:
            ProcessLookupError: it does not run.
        """
        process = self._process
        if process is None or process.returncode is not None:
            raise ProcessLookupError(f"{self.name} does not run")
        process.kill()
        return process.pid

    async def wait_for(self, *states: ProcessState, limit_seconds: float) -> None:
        """Wait until the process is in one of the states.

        Raises:
            TimeoutError
        """
        async with asyncio.timeout(limit_seconds):
            while self.state not in states:
                self._changed.clear()
                await self._changed.wait()

    async def _supervise(self, first_start: asyncio.Future[None]) -> None:
        ends: deque[float] = deque()
        while True:
            self._set(ProcessState.STARTING)
            try:
                await self._spawn()
                await self._until_ready()
            except (ProcessFailed, OSError) as error:
                await self._end()
                failure = error if isinstance(error, ProcessFailed) else self._failure(f"cannot be run: {error}")
                if not first_start.done():
                    self._set(ProcessState.FAILED, failure.reason)
                    first_start.set_exception(failure)
                    return
                reason = failure.reason
            except BaseException:
                if not first_start.done():
                    first_start.cancel()
                raise
            else:
                self._set(ProcessState.READY)
                if not first_start.done():
                    first_start.set_result(None)
                reason = await self._until_ended()
            now = time.monotonic()
            ends.append(now)
            while ends[0] < now - self.spec.restarts_window_seconds:
                ends.popleft()
            if len(ends) > self.spec.restarts_limit:
                self._set(ProcessState.FAILED, f"{reason}; given up after {self.spec.restarts_limit} restarts")
                logger.error("process given up", process=self.name, reason=reason)
                return
            pause_seconds = min(_FIRST_BACKOFF_SECONDS * 2 ** (len(ends) - 1), _LONGEST_BACKOFF_SECONDS)
            self._set(ProcessState.RESTARTING, reason)
            logger.warning("process restarts", process=self.name, reason=reason, pause_seconds=pause_seconds)
            await asyncio.sleep(pause_seconds)
            self.restarts += 1

    async def _spawn(self) -> None:
        spec = self.spec
        log_file = self._log.open()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *_guarded(spec.command, spec.user),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                env=dict(spec.environment),
                cwd=spec.folder,
                umask=0o077,  # what they write is about callers
                # Ctrl-C in the terminal is for the supervisor, which ends its children in order.
                start_new_session=True,
            )
        finally:
            os.close(log_file)

    async def _until_ready(self) -> None:
        process = self._process
        assert process is not None
        began = time.monotonic()
        ended = asyncio.create_task(process.wait())
        try:
            async with asyncio.timeout(self.spec.start_limit_seconds):
                while not ended.done():
                    if await self._probe(self.spec.ready):
                        self.ready_after_seconds = time.monotonic() - began
                        return
                    await asyncio.wait([ended], timeout=_PROBE_PAUSE_SECONDS)
        except TimeoutError:
            raise self._failure(f"was not ready within {self.spec.start_limit_seconds:g} s") from None
        finally:
            ended.cancel()
            await asyncio.wait([ended])
        raise self._failure(f"ended at once ({_how_it_ended(process.returncode)})")

    async def _probe(self, question: Callable[[], Awaitable[bool]]) -> bool:
        try:
            async with asyncio.timeout(_PROBE_LIMIT_SECONDS):
                return await question()
        except (OSError, TimeoutError):
            return False

    async def _until_ended(self) -> str:
        process = self._process
        assert process is not None
        if self.spec.alive is None:
            return _how_it_ended(await process.wait())
        ended = asyncio.create_task(process.wait())
        try:
            last_sign = time.monotonic()
            while not (await asyncio.wait([ended], timeout=_ALIVE_PAUSE_SECONDS))[0]:
                if await self._probe(self.spec.alive):
                    last_sign = time.monotonic()
                elif time.monotonic() - last_sign > self.spec.frozen_limit_seconds:
                    process.kill()
                    await ended
                    return f"gave no sign of life for {self.spec.frozen_limit_seconds:g} s"
            return _how_it_ended(ended.result())
        finally:
            ended.cancel()
            await asyncio.wait([ended])

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        try:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                async with asyncio.timeout(self.spec.stop_limit_seconds):
                    await process.wait()
        except TimeoutError:
            logger.warning("process killed", process=self.name, after_seconds=self.spec.stop_limit_seconds)
        finally:
            # What the process itself started goes with it; the group is gone when nobody was left in it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        self._process = None

    def _failure(self, reason: str) -> ProcessFailed:
        return ProcessFailed(self.name, reason, self._log.last_words(), self.spec.log_file, self.spec.mend)

    def _set(self, state: ProcessState, detail: str = "") -> None:
        self.state, self.detail = state, detail
        self._changed.set()
        if self._on_change is not None:
            self._on_change(self)


def _guarded(command: tuple[str, ...], user: ServiceUser | None) -> tuple[str, ...]:
    # The kernel sends SIGTERM to the child when its supervisor dies, however that happens.
    setpriv = shutil.which("setpriv") or "/usr/bin/setpriv"
    guard = [setpriv, "--pdeathsig", "TERM"]
    if user is not None:
        guard += [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--no-new-privs"]
    return (*guard, "--", *command)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
