from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.reader.content import content_hash
from dialogs.studio import archive as archives
from dialogs.studio.archive import ArchiveGarbage, ArchiveTooLarge, pack, unpack, write_files
from dialogs.studio.publishing import read_files
from tests.dialogs.studio.conftest import MakeDialogue

FILES = {"flows/menu.yml": b"flows: {}\n", "data/nlu/баланс.yml": b"nlu: []\n", "domain.yml": b""}
NAME = content_hash(FILES)


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_dialogue_comes_out_of_its_archive_as_it_went_in(dialogue: MakeDialogue, tmp_path: Path) -> None:
    files = read_files(dialogue())
    assert "data/nlu/phrases.yml" in files
    found = unpack(pack(files), content_hash(files))
    assert found == files
    write_files(found, tmp_path / "laid")
    assert read_files(tmp_path / "laid") == files


def test_the_same_files_make_the_same_archive_whenever_and_in_whatever_order() -> None:
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


def test_only_files_of_the_dialogue_are_taken(dialogue: MakeDialogue) -> None:
    folder = dialogue()
    before = read_files(folder)
    for stray in ("notes.txt", "flows/menu.yml.bak", "__pycache__/x.yml", ".git/config.yml"):
        path = folder / stray
        path.parent.mkdir(exist_ok=True)
        path.write_text("чужое")
    assert read_files(folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "../flows/x.yml",
        "/etc/x.yml",
        "flows/../../x.yml",
        "flows\\x.yml",
        "flows/x.py",
        "flows/",
        "x.yml",
        "flows//x.yml",
        "flows/./x.yml",
    ],
)
def test_an_archive_with_a_foreign_name_is_refused(name: str) -> None:
    entries = {name: b"x"}
    with pytest.raises(ArchiveGarbage):
        unpack(zipped(*entries.items()), content_hash(entries))


def test_an_archive_whose_content_is_not_what_its_name_says_is_refused() -> None:
    with pytest.raises(ArchiveGarbage, match="name"):
        unpack(pack({**FILES, "flows/menu.yml": b"flows: {a: b}\n"}), NAME)


@given(st.data())
def test_a_damaged_archive_is_refused_or_still_whole(data: st.DataObject) -> None:
    whole = pack(FILES)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]
    with contextlib.suppress(ArchiveGarbage):
        assert unpack(damaged, NAME) == FILES


@pytest.mark.parametrize("garbage", [b"", b"PK", b"\x00" * 1000])
def test_what_is_no_archive_is_refused(garbage: bytes) -> None:
    with pytest.raises(ArchiveGarbage):
        unpack(garbage, NAME)


def test_too_much_is_neither_packed_nor_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack({"flows/x.yml": b" " * 100_000})
    monkeypatch.setattr(archives, "MAX_BYTES", 50_000)
    with pytest.raises(ArchiveTooLarge):
        pack({"flows/x.yml": b" " * 100_000})
    with pytest.raises(ArchiveGarbage, match="too large"):
        unpack(whole, content_hash({"flows/x.yml": b" " * 100_000}))
