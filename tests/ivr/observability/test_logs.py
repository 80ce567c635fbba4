from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ivr.observability.logs import configure_logs
from ivr.observability.masking import mask_long_numbers

PHONE = "79160000001"
CARD = "7789 0000 1111 2222"
CALL_ID = "12345678-1234-4234-8234-123456789012"


@pytest.fixture(autouse=True)
def restored_logs() -> Iterator[None]:
    """Give the other tests their logging back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def read_error(card: str) -> None:
    raise ValueError(f"no card {card}")


def json_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_numbers_are_masked_wherever_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    structlog.get_logger().info(
        f"called by {PHONE}",
        caller=f"+{PHONE}",
        several=[f"+{PHONE}", CARD],
        nested={"card": CARD, PHONE: {"who": (PHONE,)}},
        error=ValueError(f"no card {CARD}"),
    )
    (line,) = json_lines(capsys)
    assert line["event"] == "called by ••••0001"
    assert line["caller"] == "+••••0001"
    assert line["several"] == ["+••••0001", "••••2222"]
    assert line["nested"] == {"card": "••••2222", "••••0001": {"who": ["••••0001"]}}
    assert line["error"] == "no card ••••2222"


@pytest.mark.parametrize("style", ["json", "console"])
def test_an_error_is_told_with_its_place_but_without_numbers(style: Any, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", style)
    try:
        read_error(CARD)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed too with %s", PHONE)
    written = capsys.readouterr().err
    assert "read_error" in written
    assert "no card ••••2222" in written
    for secret in (CARD, CARD.replace(" ", ""), PHONE):
        assert secret not in written


def test_the_call_id_is_kept_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    with structlog.contextvars.bound_contextvars(call_id=CALL_ID):
        structlog.get_logger().info("call ended", seconds=123456.5, turns=1234567, contained=True, reason=None)
    (line,) = json_lines(capsys)
    kept = {name: line[name] for name in ("call_id", "seconds", "turns", "contained", "reason", "level")}
    assert kept == {
        "call_id": CALL_ID, "seconds": 123456.5, "turns": 1234567, "contained": True, "reason": None, "level": "info"
    }  # fmt: skip
    assert line["timestamp"][:2] == "20"


def test_lines_of_libraries_take_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    logging.getLogger("library").warning("refused %s", CARD)
    (line,) = json_lines(capsys)
    assert (line["event"], line["level"]) == ("refused ••••2222", "warning")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning", "json")
    structlog.get_logger().info("small talk")
    logging.getLogger("library").info("small talk")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    structlog.get_logger().warning("trouble")
    assert [line["event"] for line in json_lines(capsys)] == ["trouble"]


def test_configuring_twice_does_not_write_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    configure_logs("info", "json")
    structlog.get_logger().info("once")
    assert len(json_lines(capsys)) == 1


@pytest.mark.parametrize("text", ["", "нет цифр", "1250 баллов", "12:34:56", "127.0.0.1:8090"])
def test_what_is_no_long_number_stays(text: str) -> None:
    assert mask_long_numbers(text) == text
