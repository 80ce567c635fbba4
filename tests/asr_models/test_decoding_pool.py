from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from asr_models.decoding_pool import DecodingPool, Turn

LIMIT_SECONDS = 10.0


class Slices:
    """Work that takes one slice for each turn it asks for."""

    def __init__(self, name: str, done: list[str], turns: int, hold: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.ended = threading.Event()
        self._done = done
        self._turns = turns
        self._hold = hold

    def run_slice(self) -> Turn:
        self._hold()
        self._done.append(self.name)
        self._turns -= 1
        if self._turns == 0:
            self.ended.set()
            return Turn.NONE
        return Turn.FAIR


class Faulty:
    def run_slice(self) -> Turn:
        raise ZeroDivisionError("a fault of ours")


@pytest.fixture
def pool() -> Iterator[DecodingPool]:
    threads = DecodingPool(1, niceness=0)
    yield threads
    threads.close(LIMIT_SECONDS)


@pytest.fixture
def held(pool: DecodingPool) -> Iterator[threading.Event]:
    """Keep the only thread busy until the event is set, so that a queue forms."""
    release, busy = threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        release.wait(LIMIT_SECONDS)

    pool.submit(Slices("held", [], 1, hold))
    assert busy.wait(LIMIT_SECONDS)
    yield release
    release.set()


def test_utterances_take_turns(pool: DecodingPool, held: threading.Event) -> None:
    done: list[str] = []
    works = [Slices("a", done, 3), Slices("b", done, 2), Slices("c", done, 1)]
    for work in works:
        pool.submit(work)

    held.set()

    assert all(work.ended.wait(LIMIT_SECONDS) for work in works)
    assert done == ["a", "b", "c", "a", "b", "a"]


def test_a_last_slice_goes_before_the_waiting_ones(pool: DecodingPool, held: threading.Event) -> None:
    done: list[str] = []
    works = [Slices("talking", done, 2), Slices("ended", done, 1)]
    pool.submit(works[0])
    pool.submit(works[1], Turn.SOON)

    held.set()

    assert all(work.ended.wait(LIMIT_SECONDS) for work in works)
    assert done == ["ended", "talking", "talking"]


def test_a_fault_in_one_utterance_does_not_stop_the_others(pool: DecodingPool) -> None:
    work = Slices("a", [], 1)
    pool.submit(Faulty())
    pool.submit(work)

    assert work.ended.wait(LIMIT_SECONDS)
