from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ivr.line.plan import ASTERISK, LinePlan
from ivr.line.ports import Address, Listener, PortBlock, PortTaken, check_free
from ivr.line.settings import AsteriskSettings


@pytest.mark.parametrize("udp", [False, True])
def test_a_taken_port_is_told_with_who_holds_it_and_the_setting_that_moves_it(udp: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", 0))
        if not udp:
            other.listen()
        address = Address("127.0.0.1", other.getsockname()[1])
        with pytest.raises(PortTaken) as taken:
            check_free(Listener("SIP of Asterisk", address, "YULIA_ASTERISK__SIP_PORT", udp))
    said = str(taken.value)
    assert f"{address} is taken by" in said
    assert f"pid {os.getpid()}" in said
    assert "YULIA_ASTERISK__SIP_PORT=" in said


def test_two_blocks_held_at_once_share_no_port() -> None:
    with PortBlock() as one, PortBlock() as two:
        first, second = one.ports, two.ports
        assert set(range(first.sip, first.rtp_last + 1)).isdisjoint(range(second.sip, second.rtp_last + 1))
        assert first.rtp_first % 2 == 0


def test_every_listener_of_a_line_names_the_setting_that_moves_it() -> None:
    listeners = LinePlan(Path("/")).listeners()
    assert {listener.setting for listener in listeners} == {
        "YULIA_LINE__REDIS_PORT",
        "YULIA_LOYALTY__SANDBOX_PORT",
        "YULIA_ASTERISK__SIP_PORT",
        "YULIA_AMI__PORT",
        "YULIA_AGI__PORT",
        "YULIA_AUDIO__PORT",
        "YULIA_WEB__PORT",
    }
    assert len({listener.address.port for listener in listeners}) == len(listeners)


def test_parts_that_are_somebody_elses_are_neither_started_nor_looked_for() -> None:
    plan = LinePlan(Path("/"), redis_url="redis://elsewhere", loyalty_url="http://elsewhere")
    assert plan.started_parts == {"asterisk", "worker"}
    external = LinePlan(Path("/"), asterisk=AsteriskSettings(external=True))
    assert ASTERISK not in external.started_parts
    assert not [listener for listener in external.listeners() if "Asterisk" in listener.purpose]
