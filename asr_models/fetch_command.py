"""`yulia models fetch`: bring a model of the catalogue here, whole and checked, or say why not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from asr_models.catalogue import CatalogueModel, UnknownModel, catalogue_model
from asr_models.model_download import DownloadFailed, DownloadLimits, PartialFile, download
from asr_models.model_store import DigestDiffers, FetchUnderWay, ModelStore, Step
from asr_models.models_setup import refused, setup_of
from asr_models.port import ModelInvalid

_GOES_ON = "Линия слушает тем, что у неё есть; модель из комплекта всегда на месте."
_STEPS: dict[Step, str] = {"unpack": "распаковываю", "try": "пробую в Vosk"}


def fetch_model(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name of the catalogue.")],
    url: Annotated[str | None, typer.Option(help="Another address of the same archive: a mirror of your own.")] = None,
    to: Annotated[Path | None, typer.Option(help="Another folder than the line's models folder.")] = None,
    from_file: Annotated[
        Path | None, typer.Option(help="An archive that was brought by hand.", exists=True, dir_okay=False)
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="What the archive must have, where you know better than the catalogue.")
    ] = None,
) -> None:
    """Fetch a model: goes on where it was cut off, checks the archive and tries the model before it is put in place."""
    console = Console()
    setup = setup_of(context)
    store = ModelStore(to or setup.models_dir, trial_limit_seconds=setup.hearing.trial_limit_seconds)
    digest = sha256.lower() if sha256 else None
    if digest is not None and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise typer.BadParameter("64 hexadecimal digits are needed", param_hint="--sha256")
    if url is not None and from_file is not None:
        raise typer.BadParameter("--url and --from-file exclude each other")
    try:
        entry = catalogue_model(name)
        if entry.url is None:
            console.print(f"{name} всегда на месте: она поставляется вместе с Юлей.", highlight=False)
            return
        with store.locked(name):
            if url is None and from_file is None and _is_here(console, store, name):
                return
            if from_file is None:
                _fetch(console, store, entry, url or entry.url, digest, setup.limits)
            else:
                _bring(console, store, entry, from_file, digest)
    except (UnknownModel, ModelInvalid) as error:
        raise refused(console, str(error)) from error
    except FetchUnderWay as error:
        raise refused(console, f"Модель {name} уже скачивает другой процесс в {store.folder}.") from error
    except OSError as error:
        raise refused(console, f"Не получается работать с папкой {store.folder}: {error.strerror or error}.") from error


def _is_here(console: Console, store: ModelStore, name: str) -> bool:
    if name not in store.fetched():
        return False
    try:
        with console.status("проверяю модель, которая уже здесь"):
            store.check(store.path_of(name))
    except ModelInvalid as error:
        console.print(f"[yellow]Здешняя негодна, скачиваю заново: {escape(str(error))}[/yellow]", soft_wrap=True)
        return False
    console.print(f"{name} уже здесь и годна: {store.path_of(name)}", highlight=False, soft_wrap=True)
    return True


def _fetch(
    console: Console, store: ModelStore, entry: CatalogueModel, url: str, digest: str | None, limits: DownloadLimits
) -> None:
    part = PartialFile(store.part_of(entry.name))
    try:
        known = digest is not None or store.expected_digest(entry) is not None
        if not known and url.startswith("http:"):
            console.print("[yellow]Адрес без шифрования, и SHA-256 неизвестен: подмену заметить нечем.[/yellow]")
        _download(console, entry, url, part, limits, exact_bytes=None if digest else entry.download_bytes)
    except DownloadFailed as error:
        kept = f" Скачанные {part.size / 1e6:.1f} МБ сохранены: повторите, и загрузка продолжится." if part.size else ""
        raise refused(
            console,
            f"Модель {entry.name} не скачана: {error}. {_GOES_ON}{kept} Вручную: скачайте {url} на другой машине и "
            f"выполните yulia models fetch {entry.name} --from-file ФАЙЛ.zip",
        ) from error
    except KeyboardInterrupt:
        console.print(
            f"[yellow]Прервано; {part.size / 1e6:.1f} МБ сохранены: повторите, и загрузка продолжится.[/yellow]"
        )
        raise typer.Exit(130) from None
    try:
        _bring(console, store, entry, part.path, digest)
    except _Rubbish:
        part.discard()  # another try would go on with it
        raise
    part.discard()


class _Rubbish(typer.Exit):
    """The archive is not what it should be; it was said already."""


def _bring(console: Console, store: ModelStore, entry: CatalogueModel, archive: Path, digest: str | None) -> None:
    expected = digest or store.expected_digest(entry)
    try:
        with console.status("сверяю архив") as status:
            model, came = store.install(
                entry.name,
                archive,
                expected_sha256=expected,
                on_step=lambda step, _done, _all: status.update(_STEPS[step]),
            )
    except DigestDiffers as error:
        refused(
            console,
            f"Модель {entry.name} не поставлена: SHA-256 архива {error.came}, а должен быть {error.expected}. "
            f"Архив подменён, испорчен или заменён авторами. Если вы уверены в нём, добавьте --sha256 {error.came}. "
            f"{_GOES_ON}",
        )
        raise _Rubbish(1) from error
    except ModelInvalid as error:
        refused(console, f"Модель {entry.name} не поставлена: {error}. {_GOES_ON}")
        # An archive with the right digest stays: what failed may have been memory, time or disk.
        raise (typer.Exit(1) if expected else _Rubbish(1)) from error
    except KeyboardInterrupt:
        console.print("[yellow]Прервано: модель не поставлена.[/yellow]")
        raise typer.Exit(130) from None
    console.print(f"[green]Готово[/green]: {escape(str(model.path))}", highlight=False, soft_wrap=True)
    if expected is None:
        console.print(
            f"SHA-256 архива {came}: для этой модели он нигде не опубликован, поэтому записан как первый; "
            "следующие загрузки сверяются с ним.",
            highlight=False,
        )
    lists = "" if model.takes_phrase_lists else " --for open"
    console.print(f"Дальше: [bold]yulia models use {entry.name}{lists}[/bold]", highlight=False)


def _download(
    console: Console,
    entry: CatalogueModel,
    url: str,
    part: PartialFile,
    limits: DownloadLimits,
    *,
    exact_bytes: int | None,
) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"скачиваю {entry.name}", total=exact_bytes or entry.download_megabytes * 10**6)

        def show(size: int, total: int | None) -> None:
            progress.update(task, completed=size, total=total)

        asyncio.run(download(url, part, limits=limits, on_progress=show, exact_bytes=exact_bytes))
