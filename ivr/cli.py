"""The `yulia` command: one command for who runs, calls, watches and writes the line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

if TYPE_CHECKING:
    from asr_models.models_setup import ModelsSetup
    from dialogs.nlu.settings import UnderstandingSettings
    from dialogs.studio.access import StudioAccess
    from ivr.line.state import StateFolders

app = typer.Typer(
    name="yulia",
    help="Юля — голосовая линия самообслуживания. The line, its callers, its dialogue and its desk.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.command("settings")
def show_settings(
    markdown: Annotated[bool, typer.Option(help="Print the README's table instead of a coloured one.")] = False,
) -> None:
    """List every setting: its environment variable, default and meaning."""
    from ivr.settings_table import markdown_table, setting_rows

    if markdown:
        typer.echo(markdown_table())
        return
    rows = list(setting_rows())
    names = Column("variable", no_wrap=True, min_width=max(len(row.variable) for row in rows))  # to be copied whole
    table = Table(names, "default", "unit", "what it is", title="Settings (environment or yulia.env)")
    for row in rows:
        table.add_row(row.variable, row.default.strip("`"), row.unit, row.meaning)
    Console().print(table)


def _models_setup() -> ModelsSetup:
    from asr_models.models_setup import ModelsSetup
    from ivr.settings import Settings

    return ModelsSetup(_state_folders().models, Settings().hearing)


def _state_folders() -> StateFolders:
    from ivr.line.state import StateFolders, default_state_dir
    from ivr.settings import Settings

    return StateFolders((Settings().line.state_dir or default_state_dir()).absolute())


def _model_in_use() -> str:
    from asr_models.model_choice import models_in_use
    from asr_models.port import ModelInvalid
    from asr_models.settings import BUNDLED_MODEL_DIR

    setup = _models_setup()
    try:
        return str(models_in_use(setup.hearing, setup.models_dir)["closed"])
    except ModelInvalid:  # a damaged choice: `yulia models` tells
        return str(BUNDLED_MODEL_DIR)


def _studio_access() -> StudioAccess:
    from dialogs.studio.access import StudioAccess
    from dialogs.studio.conversation_tests import failed_conversations
    from dialogs.talks.passed_dialogues import PassedDialogues
    from ivr.line.running import redis_of_line
    from ivr.settings import Settings

    settings = Settings()
    return StudioAccess(
        redis_of_line, settings.dialogue, failed_conversations, PassedDialogues(_state_folders().passed_dialogues)
    )


def _understanding_settings() -> UnderstandingSettings:
    from ivr.settings import Settings

    return Settings().understanding


def _mount_flows() -> None:
    from dialogs.commands import app as flows
    from dialogs.studio.commands import add_commands

    add_commands(flows)
    defaults = {"check": {"model": _model_in_use}, "test": {"passed": lambda: _state_folders().passed_dialogues}}
    context = {"obj": _studio_access, "default_map": defaults}
    app.add_typer(flows, name="flows", context_settings=context)


def _mount_digits() -> None:
    from dialogs.digits_command import digits

    app.command("digits")(digits)


def _mount_nlu() -> None:
    from dialogs.nlu.commands import app as nlu

    app.add_typer(nlu, name="nlu", context_settings={"obj": _understanding_settings})


def _mount_desk() -> None:
    from ivr.desk_commands import app as desk
    from ivr.desk_commands import calls

    app.add_typer(desk, name="desk")
    app.command("calls")(calls)


def _mount_operations() -> None:
    from ivr.operation_commands import app as operations

    app.add_typer(operations, name="operations")


def _mount_speech() -> None:
    from ivr.line.state import default_state_dir
    from tts.commands import app as speech

    voice = {"rhvoice_dir": str(default_state_dir() / "rhvoice")}
    app.add_typer(speech, name="speech", context_settings={"default_map": {"say": voice, "notices": voice}})


def _mount_hearing() -> None:
    from ivr.hearing.commands import hear

    app.command("hear")(hear)


def _mount_models() -> None:
    from asr_models.catalogue_commands import app as models
    from asr_models.graphs.commands import add_words_command
    from dialogs.lacking_words import listened_words

    models.command("add-words")(add_words_command(listened_words))
    app.add_typer(models, name="models", context_settings={"obj": _models_setup})


def _mount_line() -> None:
    from ivr.line.commands import add_commands

    add_commands(app)


def _mount_softphone() -> None:
    from ivr.softphone.commands import add_commands

    add_commands(app)


_PARTS: dict[tuple[str, ...], Callable[[], None]] = {
    ("flows",): _mount_flows,
    ("digits",): _mount_digits,
    ("nlu",): _mount_nlu,
    ("desk", "calls"): _mount_desk,
    ("operations",): _mount_operations,
    ("speech",): _mount_speech,
    ("hear",): _mount_hearing,
    ("models",): _mount_models,
    ("run", "status", "asterisk"): _mount_line,
    ("call", "agent"): _mount_softphone,
}
"""Commands, and what mounts them."""


def main() -> None:
    """Run the command line; only what was asked for is loaded, all of it for help and for words it does not know."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    for mount in [mount for names, mount in _PARTS.items() if asked in names] or _PARTS.values():
        mount()
    app()
