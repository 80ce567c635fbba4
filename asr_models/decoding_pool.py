"""A few low-priority threads that decode many utterances in turn."""

from __future__ import annotations

import os
import threading
from enum import IntEnum
from itertools import count
from queue import PriorityQueue
from typing import Protocol

import structlog

log = structlog.get_logger()


class Turn(IntEnum):
    """What an utterance needs next of the decoding threads."""

    NONE = 0
    SOON = 1  # somebody waits for its end, and one slice brings it
    FAIR = 2


class Utterance(Protocol):
    """Work that is done in bounded slices."""

    def run_slice(self) -> Turn:
        """Do one bounded piece of work in a decoding thread; return what is needed next."""


class DecodingPool:
    """One slice at a time, first in, first out: nobody waits longer than one slice of each of the others.

    Last slices go first: a caller who has spoken waits for them. The queue is bounded by its users: an utterance
    is in it at most once.
    """

    def __init__(self, threads: int, *, niceness: int) -> None:
        self._ready: PriorityQueue[tuple[int, int, Utterance | None]] = PriorityQueue()
        self._order = count()
        self._threads = [
            threading.Thread(target=self._run, args=(niceness,), name=f"hearing-{number}", daemon=True)
            for number in range(threads or os.cpu_count() or 1)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, utterance: Utterance | None, turn: Turn = Turn.FAIR) -> None:
        """Queue an utterance for its next slice; None ends the thread that takes it."""
        if turn is not Turn.NONE:
            self._ready.put((turn, next(self._order), utterance))

    def close(self, limit_seconds: float) -> None:
        """Stop the threads after what is queued before; blocks up to the limit."""
        for _ in self._threads:
            self.submit(None)
        for thread in self._threads:
            thread.join(limit_seconds / len(self._threads))

    def _run(self, niceness: int) -> None:
        self._step_back(niceness)
        while (utterance := self._ready.get()[2]) is not None:
            try:
                self.submit(utterance, utterance.run_slice())
            except Exception:  # a fault in one utterance must not take the thread from the others
                log.exception("decoding.slice_failed")

    @staticmethod
    def _step_back(niceness: int) -> None:
        thread_id = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread_id) < niceness:  # Linux keeps a niceness per thread
            os.setpriority(os.PRIO_PROCESS, thread_id, niceness)
