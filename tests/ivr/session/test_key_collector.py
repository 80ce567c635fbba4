from __future__ import annotations

import asyncio

import pytest

from dialogs.engine.vocabulary import KeyEntry
from ivr.session.key_collector import KeyCollector

LIMIT = 2.0


async def collected(entry: KeyEntry, keys: str) -> str:
    collector = KeyCollector(entry)
    for key in keys:
        collector.press(key)
    async with asyncio.timeout(LIMIT):
        return await collector.entry()


CARD = KeyEntry(max_keys=16, end_key="#", inter_key_seconds=0.1, allowed="0123456789*", lone_keys="0*")


@pytest.mark.parametrize(
    ("entry", "keys", "expected"),
    [
        (KeyEntry(max_keys=1, allowed="12", lone_keys="0*"), "1", "1"),
        (CARD, "7789000011112222", "7789000011112222"),
        (CARD, "7789#", "7789"),
        (CARD, "77D8#", "778"),
        (CARD, "0", "0"),
        (CARD, "*77", "*"),
        (CARD, "70", "70"),
        (KeyEntry(max_keys=8, end_key="#", inter_key_seconds=0.1, lone_keys="*"), "05071985", "05071985"),
    ],
)
async def test_an_entry_ends_when_full_closed_or_a_command(entry: KeyEntry, keys: str, expected: str) -> None:
    assert await collected(entry, keys) == expected


async def test_a_pause_ends_an_entry_that_is_not_full() -> None:
    assert await collected(CARD, "7789") == "7789"


async def test_a_key_that_the_question_does_not_allow_does_not_touch_it() -> None:
    collector = KeyCollector(KeyEntry(max_keys=1, allowed="12"))
    collector.press("9")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await collector.touched()
    collector.press("2")
    await asyncio.wait_for(collector.touched(), LIMIT)


async def test_keys_after_the_end_are_not_added() -> None:
    collector = KeyCollector(KeyEntry(max_keys=1, allowed="12"))
    collector.press("1")
    collector.press("2")
    assert await asyncio.wait_for(collector.entry(), LIMIT) == "1"


async def test_the_rest_of_an_answer_that_was_taken_is_not_the_next_answer() -> None:
    collector = KeyCollector(KeyEntry(max_keys=1), deaf_seconds=0.05)
    for key in "789001":
        collector.press(key)
    await asyncio.sleep(0.06)
    collector.press("2")
    assert await asyncio.wait_for(collector.entry(), LIMIT) == "2"


async def test_digits_are_no_commands_and_pauses_no_end_while_the_number_is_spoken_too() -> None:
    spoken = True
    collector = KeyCollector(CARD, is_spoken=lambda: spoken)
    assert collector.press("0")
    entry = asyncio.create_task(collector.entry())
    await asyncio.sleep(0.25)  # two pauses between keys
    assert not entry.done()
    assert collector.keys == "0"
    spoken = False  # it was no speech after all
    async with asyncio.timeout(LIMIT):
        assert await entry == "0"
    assert not collector.press("1")
    collector.close()


async def test_the_closing_key_ends_what_was_only_spoken() -> None:
    collector = KeyCollector(CARD, is_spoken=lambda: True)
    collector.press("#")
    async with asyncio.timeout(LIMIT):
        assert await collector.entry() == ""
    assert collector.closed_by_key


async def test_a_star_is_a_command_in_a_spoken_number_too() -> None:
    collector = KeyCollector(CARD, is_spoken=lambda: True)
    collector.press("*")
    async with asyncio.timeout(LIMIT):
        assert await collector.entry() == "*"
