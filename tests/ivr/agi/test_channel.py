"""What a route sees of its call, played from transcripts recorded with Asterisk 22.10."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ivr.agi.channel import AgiChannel
from ivr.agi.errors import (
    AgiApplicationFailed,
    AgiCommandRejected,
    AgiError,
    AgiProtocolError,
    AgiTimeout,
    AgiUnsafeValue,
    HungUp,
)
from tests.ivr.agi.conftest import CallPlayer, PeerConnector, ServerStarter


async def test_a_route_is_told_who_calls(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        request = channel.request
        assert request.path == "call"
        assert request.channel == "PJSIP/trunk-00000001"
        assert request.unique_id == "1795317105.1"
        assert request.caller_number == "79160000001"
        assert request.dialled_number == "88005550100"
        assert request.language == "ru"
        assert request.arguments == ("арг один", "arg2")

    await play_call(route)


async def test_a_hidden_number_is_no_number(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        assert channel.request.caller_number is None
        assert channel.request.dialled_number == "100"
        assert channel.request.arguments == ()

    await play_call(route, headers="headers_hidden")


async def test_a_request_does_not_print_the_callers_number(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        assert "79160000001" not in repr(channel.request)

    await play_call(route)


async def test_variables_come_back_as_they_were_set(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        await channel.answer()
        await channel.set_variable("X", 'a "b" c\\d')
        assert await channel.get_variable("X") == 'a "b" c\\d'
        await channel.set_variable("X", "")
        assert await channel.get_variable("X") == ""
        assert await channel.get_variable("NOSUCH") is None
        assert await channel.get_variable("CALLERID(name)") == "Юлия"
        await channel.set_variable("X", "hangup")
        assert await channel.get_variable("X") == "hangup"
        assert not channel.hung_up
        await channel.verbose("привет ${X}")

    await play_call(route, "variables")


async def test_the_unasked_hangup_line_is_not_taken_for_an_answer(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        await channel.set_variable("A", "1")
        assert await channel.get_variable("A") == "one"
        assert await channel.get_variable("B") == "two"
        assert channel.hung_up

    await play_call(route, "hangup_line_between_commands")


async def test_the_unasked_hangup_line_is_noticed_while_no_command_runs(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    noticed = asyncio.Event()

    async def route(channel: AgiChannel) -> None:
        assert not channel.hung_up
        await channel.wait_hung_up()
        assert channel.hung_up
        assert not await channel.is_up()
        noticed.set()

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    await peer.send(b"HANGUP\n")
    async with asyncio.timeout(5):
        await noticed.wait()


@pytest.mark.parametrize("transcript", ["hangup_inside_exec", "hangup_inside_exec_late", "hangup_inside_exec_untold"])
async def test_a_hang_up_inside_an_application_is_a_hang_up(play_call: CallPlayer, transcript: str) -> None:
    async def route(channel: AgiChannel) -> None:
        with pytest.raises(HungUp):
            await channel.execute("Wait", "20", limit_seconds=None)
        assert channel.hung_up

    await play_call(route, transcript)


async def test_a_failed_application_is_not_a_hang_up(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        with pytest.raises(AgiApplicationFailed) as failed:
            await channel.execute(
                "AudioSocket", "40325ec2-5efd-4bd3-805f-53576e581d13", "127.0.0.1:1", limit_seconds=None
            )
        assert failed.value.result == "-1"
        with pytest.raises(AgiApplicationFailed) as missing:
            await channel.execute("NoSuchApp", "x", limit_seconds=5)
        assert missing.value.result == "-2"
        assert await channel.execute("Playback", "nosuchfile", limit_seconds=5) == "0"
        assert await channel.get_variable("PLAYBACKSTATUS") == "FAILED"

    await play_call(route, "failed_applications")


async def test_an_application_is_not_started_on_a_dead_channel(play_call: CallPlayer) -> None:
    # Asterisk would answer result=0 without doing anything.
    async def route(channel: AgiChannel) -> None:
        with pytest.raises(HungUp):
            await channel.answer()
        with pytest.raises(HungUp):
            await channel.execute("Playback", "beep", limit_seconds=5)
        await channel.hang_up()
        assert await channel.get_variable("YULIA_CTX") == "ctxA"
        await channel.set_variable("YULIA_RESULT", "done")

    await play_call(route, "dead_channel")


async def test_rejected_commands_do_not_shift_the_answers(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        rejected = []
        for message in ("one", "two", "three"):
            with pytest.raises(AgiCommandRejected) as error:
                await channel.verbose(message)
            rejected.append(error.value)
        assert [error.status for error in rejected] == [510, 520, 520]
        assert "Sends <replaceable>message" in rejected[1].text
        assert rejected[1].text.endswith("520 End of proper usage.")
        assert await channel.get_variable("A") == "right"

    await play_call(route, "rejected")


async def test_a_value_of_several_lines_does_not_shift_the_answers(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        assert await channel.get_variable("A") == "first\nHANGUP\nthird"
        assert not channel.hung_up
        assert await channel.get_variable("B") == "right"

    await play_call(route, "value_of_several_lines")


async def test_trying_is_not_the_answer(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        assert await channel.execute("Queue", "hotline", "c", "", "", "40", limit_seconds=60) == "0"
        assert await channel.get_variable("QUEUESTATUS") == "TIMEOUT"

    await play_call(route, "trying_first")


@pytest.mark.parametrize("transcript", ["closed_in_exec", "reset_in_exec"])
async def test_a_connection_that_ends_in_an_application_is_a_hang_up(play_call: CallPlayer, transcript: str) -> None:
    async def route(channel: AgiChannel) -> None:
        with pytest.raises(HungUp):
            await channel.execute("Wait", "20", limit_seconds=None)
        with pytest.raises(HungUp):
            await channel.get_variable("A")
        assert channel.hung_up
        assert not await channel.is_up()

    await play_call(route, transcript)


async def test_half_an_answer_is_a_hang_up(play_call: CallPlayer) -> None:
    async def route(channel: AgiChannel) -> None:
        with pytest.raises(HungUp):
            await channel.get_variable("A")

    await play_call(route, "closed_with_half_an_answer")


async def test_lines_that_answer_nothing_are_dropped(play_call: CallPlayer) -> None:
    proceed = asyncio.Event()

    async def route(channel: AgiChannel) -> None:
        asyncio.get_running_loop().call_later(0.05, proceed.set)
        await proceed.wait()
        assert await channel.get_variable("A") == "right"

    await play_call(route, "unexpected_lines")


async def test_a_flood_of_lines_that_answer_nothing_ends_the_session(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    seen: list[str] = []

    async def route(channel: AgiChannel) -> None:
        await channel.wait_hung_up()
        with pytest.raises(AgiProtocolError):
            await channel.get_variable("A")
        seen.append("garbage" if not channel.hung_up else "hang-up")

    peer = await connect(await start_server({"call": route}, unexpected_lines_limit=3))
    await peer.play("headers")
    await peer.send(b"200 result=0\n" * 10)
    await peer.receive_end()
    assert seen == ["garbage"]


async def test_the_answer_of_a_cancelled_command_is_not_taken_for_the_next_one(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    values: list[str | None] = []

    async def route(channel: AgiChannel) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await channel.get_variable("OLD")
        values.append(await channel.get_variable("NEW"))

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    assert await peer.receive_line() == "GET VARIABLE OLD"
    # Asterisk forgets commands that come while it is busy: nothing more may be written before its answer.
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await peer.receive_line()
    await peer.send(b"200 result=1 (old)\n")
    assert await peer.receive_line() == "GET VARIABLE NEW"
    await peer.send(b"200 result=1 (new)\n")
    await peer.receive_end()
    assert values == ["new"]


async def test_the_answer_of_a_command_that_took_too_long_is_not_taken_for_the_next_one(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    seen: list[object] = []

    async def route(channel: AgiChannel) -> None:
        with pytest.raises(AgiTimeout):
            await channel.execute("Wait", "2", limit_seconds=0.05)
        with pytest.raises(AgiTimeout):  # Asterisk is still at it
            await channel.execute("Lost", limit_seconds=0.05)
        await peer.send(b"200 result=0\n")
        seen.append(await channel.get_variable("NEW"))

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    assert await peer.receive_line() == "EXEC Wait 2"
    assert await peer.receive_line() == "GET VARIABLE NEW"
    await peer.send(b"200 result=1 (new)\n")
    await peer.receive_end()
    assert seen == ["new"]


async def test_commands_of_two_tasks_get_their_own_answers(start_server: ServerStarter, connect: PeerConnector) -> None:
    values: list[str | None] = []

    async def route(channel: AgiChannel) -> None:
        values.extend(await asyncio.gather(channel.get_variable("A"), channel.get_variable("B")))

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    for _ in range(2):
        name = (await peer.receive_line()).removeprefix("GET VARIABLE ")
        await peer.send(f"200 result=1 (value of {name})\n".encode())
    await peer.receive_end()
    assert values == ["value of A", "value of B"]


async def test_bytes_that_are_no_text_do_not_break_the_session(
    start_server: ServerStarter, connect: PeerConnector
) -> None:
    values: list[str | None] = []

    async def route(channel: AgiChannel) -> None:
        values.append(await channel.get_variable("CALLERID(name)"))

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    await peer.receive_line()
    await peer.send("200 result=1 (Анна)\n".encode("cp1251"))
    await peer.receive_end()
    assert values == ["\N{REPLACEMENT CHARACTER}" * 4]


async def test_an_oversize_line_ends_the_session(start_server: ServerStarter, connect: PeerConnector) -> None:
    errors: list[AgiError] = []

    async def route(channel: AgiChannel) -> None:
        with pytest.raises(AgiProtocolError) as error:
            await channel.get_variable("A")
        errors.append(error.value)

    peer = await connect(await start_server({"call": route}, line_limit_bytes=2048))
    await peer.play("headers")
    await peer.receive_line()
    with contextlib.suppress(ConnectionError):
        await peer.send(b"200 result=1 (" + b"x" * 10_000)
    await peer.receive_end()
    assert len(errors) == 1


async def test_a_usage_text_without_end_ends_the_session(start_server: ServerStarter, connect: PeerConnector) -> None:
    errors: list[AgiError] = []

    async def route(channel: AgiChannel) -> None:
        with pytest.raises(AgiProtocolError) as error:
            await channel.verbose("x")
        errors.append(error.value)

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    await peer.receive_line()
    await peer.send(b"520-Usage\n" + b"and more\n" * 300)
    await peer.receive_end()
    assert len(errors) == 1


@pytest.mark.parametrize("value", ["one\ntwo", "one\rtwo", "one\0two", "x" * 2048, "\ud800"])
async def test_values_that_would_break_out_of_a_command_are_refused(
    start_server: ServerStarter, connect: PeerConnector, value: str
) -> None:
    refused: list[str] = []

    async def route(channel: AgiChannel) -> None:
        for name, send in {
            "value": lambda: channel.set_variable("A", value),
            "name": lambda: channel.set_variable(value, "a"),
            "read": lambda: channel.get_variable(value),
            "argument": lambda: channel.execute("Playback", value, limit_seconds=1),
            "application": lambda: channel.execute(value, limit_seconds=1),
            "message": lambda: channel.verbose(value),
        }.items():
            with pytest.raises(AgiUnsafeValue):
                await send()
            refused.append(name)
        await channel.set_variable("B", "fine")

    peer = await connect(await start_server({"call": route}))
    await peer.play("headers")
    assert await peer.receive_line() == "SET VARIABLE B fine"
    await peer.send(b"200 result=1\n")
    await peer.receive_end()
    assert refused == ["value", "name", "read", "argument", "application", "message"]
