"""The dialogue of the bench is a dialogue that the line would take."""

from __future__ import annotations

from bench.gap.__main__ import FLOWS
from dialogs.reader import load_bundle


def test_the_bench_s_dialogue_passes_the_check() -> None:
    assert "bench" in load_bundle(FLOWS).flows
