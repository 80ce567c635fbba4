from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tts.fake_engine import tone
from tts.cache import DiskCache, MemoryCache, cache_key
from tts.port import Speech

MEGABYTE = 1024 * 1024


def key(text: str) -> str:
    return cache_key("tone", "a4", -20.0, text)


def kept_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def second(value: int) -> Speech:
    return Speech(bytes([value]) * 16000, 8000)


def test_a_sentence_comes_back_as_it_was_put_also_to_another_line(tmp_path: Path) -> None:
    DiskCache(tmp_path, MEGABYTE).put(key("да"), tone(0.5, rate_hz=8000))

    assert DiskCache(tmp_path, MEGABYTE).get(key("да")) == tone(0.5, rate_hz=8000)
    assert DiskCache(tmp_path, MEGABYTE).get(key("нет")) is None


@pytest.mark.parametrize(
    "other",
    [
        cache_key("rhvoice", "a4", -20.0, "да"),
        cache_key("tone", "b4", -20.0, "да"),
        cache_key("tone", "a4", -18.0, "да"),
        cache_key("tone", "a4", -20.0, "Да"),
    ],
)
def test_all_that_changes_the_sound_changes_the_key(other: str) -> None:
    assert other != key("да")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[:5],
        lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
        lambda content: b"RIFF" + content[4:],
    ],
    ids=["empty", "cut", "head only", "one bit", "foreign"],
)
def test_a_corrupt_file_counts_as_missing_and_is_removed(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    cache = DiskCache(tmp_path, MEGABYTE)
    cache.put(key("да"), second(1))
    (path,) = kept_files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))

    assert cache.get(key("да")) is None
    assert cache.corrupt == 1
    assert kept_files(tmp_path) == []


def test_the_least_recently_used_goes_when_the_folder_is_full(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 50_000)
    for number, text in enumerate(("раз", "два", "три")):
        cache.put(key(text), second(number))
        path = next(path for path in kept_files(tmp_path) if path.name == key(text))
        os.utime(path, (1000 + number, 1000 + number))
    cache.get(key("раз"))

    cache.put(key("четыре"), second(4))

    assert cache.get(key("раз")) is not None
    assert cache.get(key("четыре")) is not None
    assert cache.get(key("два")) is None
    assert cache.evicted >= 1
    assert sum(path.stat().st_size for path in kept_files(tmp_path)) <= 50_000


def test_what_a_former_line_left_counts_towards_the_limit(tmp_path: Path) -> None:
    former = DiskCache(tmp_path, MEGABYTE)
    for number in range(10):
        former.put(key(str(number)), second(number))

    DiskCache(tmp_path, 50_000).put(key("новое"), second(11))

    assert sum(path.stat().st_size for path in kept_files(tmp_path)) <= 50_000


def test_a_sentence_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 1000)

    cache.put(key("да"), second(1))

    assert kept_files(tmp_path) == []


def test_a_folder_that_cannot_be_written_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "cache", MEGABYTE)

    cache.put(key("да"), second(1))

    assert cache.get(key("да")) is None
    assert cache.faults >= 1


def test_no_half_written_file_stays(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, MEGABYTE)
    cache.put(key("да"), second(1))
    cache.put(key("да"), second(2))

    assert [path.name for path in kept_files(tmp_path)] == [key("да")]
    assert cache.get(key("да")) == second(2)


def test_memory_keeps_the_hottest_within_its_size() -> None:
    memory = MemoryCache(40_000)
    for number, text in enumerate(("раз", "два")):
        memory.put(text, second(number))
    memory.get("раз")

    memory.put("три", second(3))

    assert memory.get("раз") == second(0)
    assert memory.get("два") is None
    assert memory.get("три") == second(3)
    assert memory.bytes_kept == 32_000


def test_memory_counts_a_replaced_sentence_once_and_refuses_one_too_large() -> None:
    memory = MemoryCache(20_000)
    memory.put("раз", second(1))
    memory.put("раз", second(2))
    memory.put("много", Speech(bytes(30_000), 8000))

    assert memory.get("раз") == second(2)
    assert memory.get("много") is None
    assert memory.bytes_kept == 16_000
