"""What the commands of `yulia models` need to know, given by whoever mounts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from asr_models.model_download import DownloadLimits
from asr_models.model_store import ModelStore
from asr_models.settings import HearingSettings


@dataclass(frozen=True, slots=True)
class ModelsSetup:
    """Where models lie, and what the settings say of hearing."""

    models_dir: Path
    hearing: HearingSettings
    limits: DownloadLimits = field(default_factory=DownloadLimits)

    @property
    def store(self) -> ModelStore:
        """The models folder."""
        return ModelStore(self.models_dir, trial_limit_seconds=self.hearing.trial_limit_seconds)


MakeSetup = Callable[[], ModelsSetup]
"""The context object of these commands: asked only when one of them runs."""


def setup_of(context: typer.Context) -> ModelsSetup:
    """Ask for the set-up that the commands were mounted with."""
    make: MakeSetup = context.obj
    return make()


def refused(console: Console, reason: str) -> typer.Exit:
    """Say why nothing was done; the result is to be raised."""
    console.print(f"[red]{escape(reason)}[/red]", highlight=False, soft_wrap=True)
    return typer.Exit(1)
