from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dialogs.studio.local_copy import KEPT_ARCHIVES, LocalCopy
from dialogs.studio.port import Pointer

A, B = "a" * 64, "b" * 64


def test_what_was_saved_is_there_for_the_next_worker(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "dialogue"
    copy = LocalCopy(folder)
    copy.save_archive(A, b"zip")
    copy.save_pointer(Pointer().activate(A))
    other = LocalCopy(folder)
    assert other.pointer() == Pointer().activate(A)
    assert other.archive(A) == b"zip"
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_at_first_there_is_nothing(tmp_path: Path) -> None:
    copy = LocalCopy(tmp_path / "nowhere")
    assert copy.pointer() is None
    assert copy.archive(A) is None


@pytest.mark.parametrize("garbage", [b"", b"{", b'{"schema": 1, "pointer": 5}'])
def test_a_damaged_pointer_counts_as_none(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "pointer.json").write_bytes(garbage)
    assert LocalCopy(tmp_path).pointer() is None


def test_old_archives_go_but_never_those_in_use(tmp_path: Path) -> None:
    copy = LocalCopy(tmp_path)
    names = [f"{number:064x}" for number in range(KEPT_ARCHIVES + 5)]
    for age, name in enumerate(reversed(names)):
        copy.save_archive(name, b"zip")
        os.utime(tmp_path / f"{name}.zip", (1_000_000 + age, 1_000_000 + age))
    oldest, next_oldest = names[-1], names[-2]
    copy.save_pointer(Pointer().activate(oldest).try_out(next_oldest, 5))
    kept = {path.stem for path in tmp_path.glob("*.zip")}
    assert kept == {oldest, next_oldest, *names[:KEPT_ARCHIVES]}


def test_what_a_killed_worker_left_half_written_goes_but_not_what_another_is_writing(tmp_path: Path) -> None:
    for name, modified_at in ((".old.zip.1", 1_000_000.0), (".new.zip.2", time.time())):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (modified_at, modified_at))
    LocalCopy(tmp_path).save_pointer(Pointer())
    assert {path.name for path in tmp_path.iterdir()} == {".new.zip.2", "pointer.json"}


def test_a_disk_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "dialogue").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="dialogue"):
        LocalCopy(tmp_path / "dialogue").save_archive(A, b"zip")
