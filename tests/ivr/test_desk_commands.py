from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from rich.console import Console

import dialogs
import ivr
from integrations.desk.port import DeskEventKind
from ivr.desk_commands import KIND_WORDS, REASONS, card, tail
from tests.integrations.desk.examples import event

HANDOFF_REASON = re.compile(r'(?:_to_agent|give_to_agent|break_down)\("(\w+)"|handoff: \{[^}]*reason: (\w+)[,}]')


def shown(drawn: object) -> str:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()


@pytest.mark.parametrize("kind", DeskEventKind)
def test_every_kind_of_event_has_a_card(kind: DeskEventKind) -> None:
    text = shown(card(event(1, kind)))
    assert KIND_WORDS[kind][1] in text
    for part in ("Анна Сергеевна", "+79160000001", "Сколько баллов?", "Назван баланс", "general"):
        assert part in text


def test_every_reason_of_a_handoff_is_told_in_russian() -> None:
    folders = [Path(package.__path__[0]) for package in (dialogs, ivr)]
    sources = [path.read_text() for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yml")]
    reasons = {one or other for source in sources for one, other in HANDOFF_REASON.findall(source)}
    assert {"locked", "call_too_long", "audio_failed", "action_failed"} <= reasons
    assert reasons - set(REASONS) == set()


def test_a_call_that_yulia_did_not_hand_over_says_so() -> None:
    lost = event(1)
    text = shown(card(replace(lost, context=replace(lost.context, reason=None, customer_name=None))))
    assert "связь с Юлей прервалась" in text
    assert "не узнан" in text


def test_brackets_in_what_was_said_are_no_markup() -> None:
    odd = event(1)
    context = replace(odd.context, asked=("[unk] баланс [/]",), customer_name="[red]Анна")
    text = shown(card(replace(odd, context=context, agent="PJSIP/[b]1")))
    assert "[unk] баланс [/]" in text
    assert "[red]Анна" in text
    assert "PJSIP/[b]1" in text


def test_without_a_line_the_desk_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YULIA_LINE__STATE_DIR", str(tmp_path / "state"))
    with pytest.raises(typer.Exit) as ended:
        tail()
    assert ended.value.exit_code == 1
    assert "make run" in capsys.readouterr().err
