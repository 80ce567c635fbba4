"""What follows from frames and their times."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.softphone.frames import AudioTrack, level_dbfs

LOUD = np.tile(np.array([6000, -6000], dtype=np.int16), 80).tobytes()
QUIET = np.full(160, 8, dtype=np.int16).tobytes()


def track_of(arrivals: list[float], loud: set[int] | None = None, look_seconds: float = 0.001) -> AudioTrack:
    track = AudioTrack(sound_dbfs=-45.0, keep_seconds=60)
    for index, at in enumerate(arrivals):
        frame = LOUD if loud is None or index in loud else QUIET
        track.add(frame, at - look_seconds, at)
    return track


def steady(count: int, start: float = 10.0) -> list[float]:
    return [start + 0.02 * index for index in range(count)]


def test_frames_on_their_beat_are_not_late() -> None:
    lateness = track_of(steady(500)).lateness()
    assert (lateness.frames, lateness.late_frames, lateness.missing_frames) == (500, 0, 0)
    assert lateness.max_seconds < 0.002


def test_a_stall_that_is_made_up_for_is_lateness_and_no_break() -> None:
    arrivals = steady(500)
    # Nothing for 100 ms, then five frames at once.
    for index in range(200, 205):
        arrivals[index] = arrivals[205]
    lateness = track_of(arrivals).lateness()
    assert lateness.late_frames == 2  # 100 and 80 ms; 60 ms exactly is not over 60 ms
    assert lateness.missing_frames == 0
    assert 0.09 < lateness.max_seconds < 0.101
    assert lateness.longest_gap_seconds > 0.1


def test_a_stall_that_is_never_made_up_for_is_a_break_and_no_lateness() -> None:
    arrivals = [at + (0.2 if index >= 200 else 0.0) for index, at in enumerate(steady(500))]
    lateness = track_of(arrivals).lateness()
    assert lateness.late_frames == 0
    assert (lateness.breaks, lateness.missing_frames) == (1, 10)
    assert lateness.late_share == pytest.approx(10 / 510)


def test_a_pump_that_looks_seldom_makes_frames_doubtful_rather_than_late() -> None:
    arrivals = steady(500)
    # One look after 100 ms finds five frames that may all have been punctual.
    for index in range(200, 205):
        arrivals[index] = arrivals[205] - 0.001
    track = AudioTrack(sound_dbfs=-45.0, keep_seconds=60)
    for index, at in enumerate(arrivals):
        track.add(QUIET, arrivals[199] if 200 <= index < 205 else at - 0.001, at)
    lateness = track.lateness()
    assert lateness.late_frames == 0
    assert lateness.maybe_late_frames == 2
    assert lateness.pump_max_seconds > 0.09


def test_a_track_without_frames_has_no_lateness() -> None:
    assert AudioTrack(sound_dbfs=-45.0, keep_seconds=60).lateness().late_share == 0.0


def test_sound_is_told_from_telephone_silence() -> None:
    assert level_dbfs(LOUD) > -20
    assert level_dbfs(QUIET) < -60
    assert level_dbfs(b"") == level_dbfs(bytes(320)) == -120.0


def test_sound_is_split_at_long_pauses_only() -> None:
    loud = set(range(10, 20)) | set(range(25, 40)) | set(range(80, 90))
    runs = track_of(steady(100), loud).sound_runs(pause_seconds=0.3)
    assert [(round(run.started_at, 2), round(run.ended_at, 2)) for run in runs] == [(10.2, 10.78), (11.6, 11.78)]


def test_only_sound_after_the_mark_is_new() -> None:
    track = track_of(steady(50), loud=set(range(10)))
    track.mark(10.5)
    assert track.sound_since_mark is None
    track.add(LOUD, 11.1, 11.12)
    run = track.sound_since_mark
    assert run is not None and run.started_at == 11.12


def test_a_break_becomes_silence_of_its_length_on_the_time_line() -> None:
    arrivals = steady(50) + [at + 0.4 for at in steady(50, start=11.0)]
    line = track_of(arrivals).laid_out(9.98, 12.4)
    loud = np.abs(line) > 1000
    assert loud[: 50 * 160].all()
    assert not loud[50 * 160 : 70 * 160].any()
    assert loud[70 * 160 : 120 * 160].all()


def test_late_frames_do_not_tear_the_time_line() -> None:
    arrivals = steady(200)
    for index in range(100, 105):
        arrivals[index] = arrivals[105]
    line = track_of(arrivals).laid_out(9.98, 13.98)
    assert (np.abs(line[: 200 * 160]) > 1000).all()


def test_audio_beyond_the_limit_is_counted_but_not_kept() -> None:
    track = AudioTrack(sound_dbfs=-45.0, keep_seconds=0.1)
    for at in steady(50):
        track.add(LOUD, at - 0.001, at)
    assert track.full
    assert [len(frame.pcm16) for frame in track.frames_from(3)] == [320, 320] + [0] * 45
    assert track.lateness().frames == 50
