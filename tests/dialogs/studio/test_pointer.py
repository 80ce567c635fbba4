from __future__ import annotations

import pytest

from dialogs.studio.port import MAX_PREVIOUS, Pointer

A, B, C = "a" * 64, "b" * 64, "c" * 64
CALLS = [f"call-{number}" for number in range(4000)]


def share_of(pointer: Pointer, version: str) -> float:
    return 100 * sum(pointer.chosen(call) == version for call in CALLS) / len(CALLS)


@pytest.mark.parametrize("share", [0, 1, 10, 50, 100])
def test_the_trial_gets_its_share_of_calls_and_no_other(share: int) -> None:
    pointer = Pointer().activate(A).try_out(B, share)
    assert share_of(pointer, B) == pytest.approx(share, abs=2)
    assert share_of(pointer, A) + share_of(pointer, B) == 100
    if share in (0, 100):
        assert share_of(pointer, B) == share


def test_a_call_gets_the_same_dialogue_each_time_and_keeps_it_when_the_share_grows() -> None:
    small, large = Pointer().activate(A).try_out(B, 10), Pointer().activate(A).try_out(B, 30)
    assert [small.chosen(call) for call in CALLS] == [small.chosen(call) for call in CALLS]
    assert all(large.chosen(call) == B for call in CALLS if small.chosen(call) == B)


def test_rolling_back_goes_one_version_further_each_time_and_ends_at_the_folder() -> None:
    pointer = Pointer().activate(A).activate(B).activate(C)
    seen = []
    for _ in range(3):
        pointer = pointer.roll_back()
        seen.append(pointer.active)
    assert seen == [B, A, None]
    assert pointer.revision == 6


def test_activating_or_rolling_back_ends_a_trial() -> None:
    on_trial = Pointer().activate(A).activate(B).try_out(C, 10)
    for pointer in (on_trial.activate(A), on_trial.roll_back(), on_trial.end_trial(), on_trial.activate(C)):
        assert (pointer.canary, pointer.canary_share) == (None, 0)
    assert on_trial.end_trial().active == B
    assert on_trial.activate(C).roll_back().active == B, "a promoted trial can be taken back"


def test_what_was_active_is_remembered_but_not_for_ever() -> None:
    pointer = Pointer()
    for number in range(MAX_PREVIOUS + 10):
        pointer = pointer.activate(f"{number:064x}")
    assert len(pointer.previous) == MAX_PREVIOUS
    assert pointer.roll_back().active == f"{MAX_PREVIOUS + 8:064x}"
