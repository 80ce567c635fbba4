from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from asr_models.model_archive import unpack_model
from asr_models.port import ModelInvalid

FILES = {"am/final.mdl": b"model" * 2000, "conf/model.conf": b"--beam=13\n", "graph/phones/word_boundary.int": b"1\n"}


def archive_of(path: Path, files: dict[str, bytes], top: str = "vosk-model-x/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return path


def refusal(archive: Path) -> str:
    into = archive.parent / "into" / "unpacked"
    with pytest.raises(ModelInvalid) as refused:
        unpack_model(archive, into)
    return str(refused.value)


@pytest.mark.parametrize("top", ["", "vosk-model-x/"])
def test_a_model_comes_out_with_or_without_a_top_folder(tmp_path: Path, top: str) -> None:
    progress: list[tuple[int, int]] = []

    model = unpack_model(
        archive_of(tmp_path / "a.zip", FILES, top),
        tmp_path / "unpacked",
        lambda done, whole: progress.append((done, whole)),
    )

    assert {name: (model / name).read_bytes() for name in FILES} == FILES
    size = sum(map(len, FILES.values()))
    assert progress[-1] == (size, size)


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "C:evil", "a/.."])
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    archive = archive_of(tmp_path / "a.zip", FILES | {name: b"x"}, top="")

    assert "outside" in refusal(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"] or not list((tmp_path / "into").iterdir())


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("am/final.mdl")
        entry.create_system = 3
        entry.external_attr = (kind | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")

    assert "not a file" in refusal(tmp_path / "a.zip")


def test_a_file_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip", {"am/final.mdl": bytes(100 * 2**20)})

    assert "MiB unpacked" in refusal(archive)
    assert not (tmp_path / "into").exists()


def test_more_files_than_a_model_has_are_refused(tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "a.zip", {f"am/{number}": b"" for number in range(2000)})

    assert "2000 files" in refusal(archive)


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("am/final.mdl", b"one")
        archive.writestr("am/final.mdl", b"two")

    assert "twice" in refusal(tmp_path / "a.zip")


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path) -> None:
    assert "cannot be unpacked" in refusal(archive_of(tmp_path / "a.zip", {"am": b"x", "am/final.mdl": b"y"}))


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:60] + bytes(255 - byte for byte in content[60:64]) + content[64:]


def empty(_content: bytes) -> bytes:
    return b""


def text(_content: bytes) -> bytes:
    return b"<html>" * 100


def encrypted(content: bytes) -> bytes:
    directory = content.index(b"PK\x01\x02")
    return content[: directory + 8] + b"\x01" + content[directory + 9 :]


def unknown_compression(content: bytes) -> bytes:
    directory = content.index(b"PK\x01\x02")
    return content[: directory + 10] + b"\x63" + content[directory + 11 :]


def claiming_to_be_small(content: bytes) -> bytes:
    """Say in both headers of the first file that it has 10 bytes only."""
    size = struct.pack("<I", 10)
    directory = content.index(b"PK\x01\x02")
    return content[:22] + size + content[26 : directory + 24] + size + content[directory + 28 :]


@pytest.mark.parametrize(
    "damage",
    [cut, flipped, empty, text, encrypted, unknown_compression, claiming_to_be_small],
    ids=lambda it: it.__name__,
)
def test_a_damaged_archive_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    archive = archive_of(tmp_path / "a.zip", FILES)
    archive.write_bytes(damage(archive.read_bytes()))

    assert str(archive) in refusal(archive)


def test_no_space_is_told_before_anything_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_of(tmp_path / "a.zip", FILES)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))

    assert "no space" in refusal(archive)
    assert not list((tmp_path / "into").iterdir())
