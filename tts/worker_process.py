"""Speech workers: synthesisers in processes of their own, so that a crash or hang of one never reaches the line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from tts.port import Speech, SpeechError, TextRefused
from tts.worker_frames import (
    ANSWER_HEAD,
    AUDIO,
    FAILED,
    MAX_AUDIO_BYTES,
    MAX_TEXT_BYTES,
    READY,
    REQUEST_HEAD,
)

_log = structlog.get_logger()
_PROJECT_ROOT = Path(__file__).resolve().parent.parent
_REAP_LIMIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How to start a worker and how long to wait for it."""

    name: str
    module: str  # run by `python -m`
    options: Mapping[str, str | int | float]
    start_limit_seconds: float
    answer_limit_seconds: float


class WorkerProcess:
    """One worker process: started when first needed, started again after a crash, killed when late."""

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._process: asyncio.subprocess.Process | None = None
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the running worker."""
        return self._process.pid if self._process else None

    async def speak(self, text: str) -> Speech:
        """Have one text spoken. One call at a time; a worker found dead is replaced once.

        Raises:
            SpeechError: the worker refused the text, took too long, or died twice.
        """
        try:
            try:
                return await self._exchange(text)
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                _log.warning("speech worker died", worker=self._spec.name, error=type(error).__name__)
                await self._end()
            return await self._exchange(text)
        except TimeoutError:
            await self._end()
            limit_seconds = self._spec.answer_limit_seconds
            raise SpeechError(f"{self._spec.name} took longer than {limit_seconds} s") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._end()
            raise SpeechError(f"{self._spec.name} died while speaking") from None
        except OSError as error:
            raise SpeechError(f"{self._spec.name} could not be started: {error.strerror}") from error
        except asyncio.CancelledError:
            # Half an answer may lie in the pipe: this process is of no more use.
            await self._end()
            raise

    async def close(self) -> None:
        """Kill the process and reap it."""
        await self._end()

    async def _exchange(self, text: str) -> Speech:
        process = self._process
        if process is None or process.returncode is not None:
            process = await self._start()
        assert process.stdin is not None
        async with asyncio.timeout(self._spec.answer_limit_seconds):
            encoded = text.encode()
            if len(encoded) > MAX_TEXT_BYTES:
                raise TextRefused(f"text of {len(encoded)} bytes is too long")
            process.stdin.write(REQUEST_HEAD.pack(len(encoded)) + encoded)
            await process.stdin.drain()
            kind, sample_rate_hz, payload = await self._answer(process)
        if kind == FAILED:
            raise TextRefused(f"{self._spec.name} could not speak: {payload.decode(errors='replace')}")
        if kind != AUDIO or not payload or sample_rate_hz <= 0:
            raise TextRefused(f"{self._spec.name} returned no sound")
        return Speech(payload, sample_rate_hz)

    async def _start(self) -> asyncio.subprocess.Process:
        await self._end()
        self.starts += 1
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._spec.module,
            json.dumps(dict(self._spec.options)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=_PROJECT_ROOT,
            start_new_session=True,  # Ctrl-C is for the line; the worker ends with its input
        )
        try:
            async with asyncio.timeout(self._spec.start_limit_seconds):
                kind, _, payload = await self._answer(process)
        except TimeoutError:
            await self._end()
            raise SpeechError(f"{self._spec.name} did not start in {self._spec.start_limit_seconds} s") from None
        if kind != READY:
            await self._end()
            raise SpeechError(f"{self._spec.name} did not start: {payload.decode(errors='replace')}")
        _log.info("speech worker started", worker=self._spec.name, pid=process.pid, starts=self.starts)
        return process

    async def _answer(self, process: asyncio.subprocess.Process) -> tuple[bytes, int, bytes]:
        assert process.stdout is not None
        kind, sample_rate_hz, length = ANSWER_HEAD.unpack(await process.stdout.readexactly(ANSWER_HEAD.size))
        if length > MAX_AUDIO_BYTES:
            raise ConnectionError("answer of impossible length")
        return kind, sample_rate_hz, await process.stdout.readexactly(length)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REAP_LIMIT_SECONDS):
                # Reads to the end, so that the pipe's transport closes too.
                await process.communicate()


@dataclass(slots=True)
class _Request:
    text: str
    answer: asyncio.Future[Speech] = field(compare=False)


class WorkerPool:
    """A bounded queue of texts before one or more worker processes. A full queue refuses the newest and counts it."""

    def __init__(self, spec: WorkerSpec, *, processes: int, queue_size: int) -> None:
        self._spec = spec
        self._workers = [WorkerProcess(spec) for _ in range(processes)]
        self._queue: asyncio.Queue[_Request] = asyncio.Queue(queue_size)
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False
        self.refused = 0

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    @property
    def starts(self) -> int:
        """Worker processes started so far; more than there are workers means crashes or hangs."""
        return sum(worker.starts for worker in self._workers)

    async def speak(self, text: str) -> Speech:
        """Queue a text and wait for its sound.

        Raises:
            SpeechError: the pool is closed or full, or the worker failed or was late.
        """
        if self._closed:
            raise SpeechError(f"{self._spec.name} is closed")
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._work(worker)) for worker in self._workers]
        request = _Request(text, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(request)
        except asyncio.QueueFull:
            self.refused += 1
            raise SpeechError(f"{self._spec.name}: {self._queue.maxsize} texts are waiting already") from None
        return await request.answer

    async def close(self) -> None:
        """Refuse what waits, end the workers."""
        self._closed = True
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self._queue.empty():
            self._fail(self._queue.get_nowait(), SpeechError(f"{self._spec.name} is closed"))
        for worker in self._workers:
            await worker.close()

    async def _work(self, worker: WorkerProcess) -> None:
        while True:
            request = await self._queue.get()
            # Nobody waits any more: the call hung up, or its limit is over.
            if request.answer.done():
                continue
            try:
                speech = await worker.speak(request.text)
            except SpeechError as error:
                self._fail(request, error)
            except asyncio.CancelledError:
                self._fail(request, SpeechError(f"{self._spec.name} is closed"))
                raise
            except Exception as error:
                _log.exception("speech worker failed", worker=self._spec.name)
                self._fail(request, SpeechError(f"{self._spec.name}: {error!r}"))
            else:
                if not request.answer.done():
                    request.answer.set_result(speech)

    @staticmethod
    def _fail(request: _Request, error: SpeechError) -> None:
        if not request.answer.done():
            request.answer.set_exception(error)
