from bench.engine.figures import StepTimes, rows


def times(event: str, *milliseconds: float) -> StepTimes:
    seconds = [value / 1000 for value in milliseconds]
    return StepTimes(event, seconds, [0.0001] * len(seconds))


def test_a_step_is_judged_by_its_median_and_all_times_are_told() -> None:
    steps, everything, *_ = rows([times("Heard", 0.2, 0.3, 9.0), times("HungUp", 0.1, 0.1, 0.1)])
    assert (steps.n, steps.quantiles["max"], steps.met) == (2, 0.0003, True)
    assert (everything.n, everything.quantiles["max"], everything.met) == (6, 0.009, None)
    assert everything.over == 1 / 6


def test_one_slow_step_among_many_misses_the_target() -> None:
    steps = rows([*(times("Heard", 0.1) for _ in range(2000)), times("Heard", 1.2, 1.3, 0.4)])[0]
    assert steps.met is False
    assert steps.quantiles["p99"] < 0.001


def test_kinds_of_events_have_rows_of_their_own() -> None:
    by_event = rows([times("Heard", 1), times("HungUp", 2), times("Heard", 3)])[3:]
    assert [(row.what, row.n) for row in by_event] == [("Heard", 2), ("HungUp", 1)]
