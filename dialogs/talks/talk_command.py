"""`yulia flows talk`: the dialogue by hand, with everything around it as in a real call."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dialogs.engine.engine import Engine
from dialogs.engine.vocabulary import Event
from dialogs.settings import BUNDLED_FOLDER
from dialogs.talks.case_file import USUAL_CALLER
from dialogs.talks.quiet_logs import quiet_logs
from dialogs.talks.sandbox_world import SandboxWorlds
from dialogs.talks.simulator import Simulator
from dialogs.talks.understanding import CannotLearn, FolderUnderstanding
from dialogs.told_problems import load_or_exit
from integrations.loyalty.sandbox.in_process import Health


def talk(
    folder: Annotated[
        Path, typer.Argument(help="Folder with flows/ and domain/; by default the one that comes along.")
    ] = BUNDLED_FOLDER,
    caller: Annotated[str, typer.Option(help="Number the caller calls from; empty: hidden.")] = USUAL_CALLER,
    by_hand: Annotated[bool, typer.Option(help="Ask for the results of actions instead of running them.")] = False,
    loyalty: Annotated[Health, typer.Option(help="How the sandbox loyalty system is at first.")] = Health.UP,
) -> None:
    """Talk to the dialogue in text: a line is speech, «=123» keys, an empty line silence, «!?» tells the rest.

    Actions run on the sandbox's people (integrations/loyalty/sandbox/people.yml), in memory: nothing is kept.
    """
    try:
        with quiet_logs():
            asyncio.run(_talk(folder, caller or None, None if by_hand else loyalty))
    except CannotLearn as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


async def _talk(folder: Path, caller: str | None, health: Health | None) -> None:
    console = Console(highlight=False)

    def tell_fault(error: Exception, event: Event) -> None:
        console.print(f"сбой: {error!r}", style="red", markup=False)

    engine = Engine(load_or_exit(folder), tell_fault)
    async with AsyncExitStack() as stack:
        world = None
        if health is not None:
            worlds = stack.enter_context(SandboxWorlds())
            now = datetime.now(UTC).replace(microsecond=0)
            world = await stack.enter_async_context(worlds.world(caller, now, health))
        understanding = FolderUnderstanding(folder)
        await Simulator(console, engine, understanding.understand, world).run(caller)
