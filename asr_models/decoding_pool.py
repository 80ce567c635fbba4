"""A few low-priority threads that decode many utterances in turn."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import Protocol

import structlog

log = structlog.get_logger()


class Utterance(Protocol):
    """Work that is done in bounded slices."""

    def run_slice(self) -> bool:
        """Do one bounded piece of work in a decoding thread; True when more is waiting."""


class DecodingPool:
    """First in, first out, one slice at a time: nobody waits longer than one slice of each of the others.

    The queue is bounded by its users: an utterance is in it at most once.
    """

    def __init__(self, threads: int, *, niceness: int) -> None:
        self._ready: SimpleQueue[Utterance | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run, args=(niceness,), name=f"hearing-{number}", daemon=True)
            for number in range(threads or os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, utterance: Utterance) -> None:
        """Queue an utterance for its next slice."""
        self._ready.put(utterance)

    def close(self, limit_seconds: float) -> None:
        """Stop the threads after what is queued before; blocks up to the limit."""
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(limit_seconds / len(self._threads))

    def _run(self, niceness: int) -> None:
        self._step_back(niceness)
        while (utterance := self._ready.get()) is not None:
            try:
                if utterance.run_slice():
                    self._ready.put(utterance)
            except Exception:  # a fault in one utterance must not take the thread from the others
                log.exception("decoding.slice_failed")

    @staticmethod
    def _step_back(niceness: int) -> None:
        thread_id = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread_id) < niceness:  # Linux keeps a niceness per thread
            os.setpriority(os.PRIO_PROCESS, thread_id, niceness)
