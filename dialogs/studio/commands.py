"""`yulia flows publish|versions|rollback|canary|diff`: which dialogue takes calls."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from dialogs.reader import FlowErrors
from dialogs.studio import publishing
from dialogs.studio.access import StudioAccess
from dialogs.studio.archive import ArchiveGarbage, ArchiveTooLarge, unpack
from dialogs.studio.difference import NotYaml, difference, raw_difference
from dialogs.studio.drawing import changes_text, in_force, raw_text, versions_table
from dialogs.studio.port import Pointer, PointerMoved, PublishedDialogues, StudioError, VersionUnknown
from dialogs.studio.publishing import Checked, NothingToDo, TestsFailed
from dialogs.studio.redis_store import RedisPublishedDialogues
from integrations.redis_link import RedisLink

REFUSED = 1
OUT_OF_REACH = 3
"""Exit codes: what was asked cannot be done; it can be tried again."""
PATIENCE_SECONDS = 5.0
"""An admin waits longer for Redis than a caller."""

Answer = TypeVar("Answer")

Author = Annotated[
    str | None, typer.Option(envvar="SUDO_USER", show_envvar=False, help="Кто это делает; обычно имя пользователя.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Ответ в JSON.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to `yulia flows`; the context's `obj` is a function that returns a StudioAccess."""
    for command in (publish, versions, rollback, canary, diff):
        app.command()(command)


def publish(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Папка разговора; обычно та, что в настройках.")] = None,
    message: Annotated[str, typer.Option("--message", "-m", help="Что изменилось.")] = "",
    share: Annotated[
        int | None, typer.Option("--canary", min=1, max=100, help="Отдать на пробу столько процентов звонков.")
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> None:
    """Проверить разговор, прогнать его тесты и отдать ему новые звонки; линию не перезапускают."""
    access = _access(context)
    with _told(as_json=as_json):
        _ask(access, lambda store: store.pointer())  # checks take long: without Redis they would be in vain
        checked = _checked(access, folder or access.dialogue.flows_folder, quiet=as_json)
        pointer = _ask(
            access,
            lambda store: publishing.publish(store, checked, message, _who(author), datetime.now(UTC), share),
        )
    if not as_json:
        conversations = "; разговоры прошли раньше" if checked.passed_before else ""
        read = f"сценариев {len(checked.bundle.flows)}, реплик {len(checked.bundle.responses)}"
        Console().print(f"Проверено: {read}{conversations}")
    _tell(pointer, as_json=as_json, version=checked.bundle.hash)


def versions(context: typer.Context, as_json: AsJson = False) -> None:
    """Показать опубликованные версии: когда, кто, что и какие звонки они принимают."""

    async def read(store: PublishedDialogues) -> tuple[Any, Pointer]:
        return await store.versions(), await store.pointer() or Pointer()

    with _told(as_json=as_json):
        found, pointer = _ask(_access(context), read)
    if as_json:
        rows = [{**asdict(version), "published_at": version.published_at.isoformat()} for version in found]
        _print_json({**_pointer_json(pointer), "versions": rows})
        return
    console = Console()
    if found:
        console.print(versions_table(found, pointer))
    console.print(in_force(pointer))


def rollback(
    context: typer.Context,
    version: Annotated[
        str | None, typer.Argument(metavar="[ВЕРСИЯ]", help="Начало имени версии; без него — та, что была до нынешней.")
    ] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> None:
    """Вернуть прежнюю версию; идущие звонки закончатся на своей."""
    with _told(as_json=as_json):
        pointer = _ask(
            _access(context), lambda store: publishing.roll_back(store, _who(author), datetime.now(UTC), version)
        )
    _tell(pointer, as_json=as_json)


def canary(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="ПРОЦЕНТ|off|promote", help="Доля звонков; off — прекратить пробу; promote — все.")
    ],
    version: Annotated[str | None, typer.Option(help="Начать пробу с этой опубликованной версии.")] = None,
    author: Author = None,
    as_json: AsJson = False,
) -> None:
    """Сколько звонков принимает пробная версия."""
    is_end = what in ("off", "promote")
    if not is_end and not (what.isdecimal() and int(what) <= 100):
        raise typer.BadParameter(f"«{what}»: нужно число от 0 до 100, off или promote")
    if is_end and version is not None:
        raise typer.BadParameter("--version бывает только с процентом")

    async def move(store: PublishedDialogues) -> Pointer:
        who, now = _who(author), datetime.now(UTC)
        if is_end:
            return await publishing.end_trial(store, who, now, promote=what == "promote")
        return await publishing.try_out(store, int(what), who, now, version)

    with _told(as_json=as_json):
        pointer = _ask(_access(context), move)
    _tell(pointer, as_json=as_json)


def diff(
    context: typer.Context,
    old: Annotated[
        str | None, typer.Argument(metavar="[БЫЛО]", help="Версия или папка; без неё — то, что принимает звонки.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="[СТАЛО]", help="Версия или папка; без неё — папка из настроек.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Построчно, как diff.")] = False,
    as_json: AsJson = False,
) -> None:
    """Показать, чем отличаются версии или папка от версии: сначала смысл — сценарии, шаги, реплики, фразы."""
    access = _access(context)
    with _told(as_json=as_json):
        before, after = _files(access, old), _files(access, new or str(access.dialogue.flows_folder))
        try:
            changes = () if raw else difference(before, after)
        except NotYaml as error:
            Console(stderr=True).print(f"[yellow]Смысл не прочесть[/]: {escape(str(error))}. Построчно: --raw")
            raise typer.Exit(REFUSED) from None
    console = Console(highlight=False, soft_wrap=True)
    if as_json:
        facts: list[object] = [asdict(change) for change in changes]
        _print_json(list(raw_difference(before, after)) if raw else facts)
    elif before == after:
        console.print("Отличий нет")
    elif not raw and not changes:
        console.print("По смыслу отличий нет, только оформление и комментарии: --raw")
    else:
        for line in raw_text(raw_difference(before, after)) if raw else changes_text(changes):
            console.print(line)


def _files(access: StudioAccess, name: str | None) -> Mapping[str, bytes]:
    """Read a folder, or a version by the beginning of its name; without a name, what takes calls."""
    if name is not None and Path(name).is_dir():
        return publishing.read_files(Path(name))

    async def read(store: PublishedDialogues) -> tuple[str, bytes] | None:
        if name is None:
            version = (await store.pointer() or Pointer()).active
        else:
            version = (await publishing.find_version(store, name)).hash
        return None if version is None else (version, await store.archive(version))

    found = _ask(access, read)
    if found is None:
        return publishing.read_files(access.dialogue.flows_folder)
    version, archive = found
    return unpack(archive, version)


def _checked(access: StudioAccess, folder: Path, *, quiet: bool) -> Checked:
    if not folder.is_dir():
        raise typer.BadParameter(f"нет папки {folder}")
    with Console(stderr=True, quiet=quiet).status("Проверяю: сценарии, фразы, тесты разговоров…"):
        return publishing.check(publishing.read_files(folder), access.dialogue, access.run_tests, access.passed)


def _access(context: typer.Context) -> StudioAccess:
    found: StudioAccess = context.obj()
    return found


def _ask(access: StudioAccess, question: Callable[[PublishedDialogues], Awaitable[Answer]]) -> Answer:
    settings = access.redis().model_copy(update={"limit_seconds": PATIENCE_SECONDS})

    async def run() -> Answer:
        async with RedisLink(settings) as link:
            return await question(RedisPublishedDialogues(link))

    return asyncio.run(run())


def _who(author: str | None) -> str:
    if author:
        return author
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        return "?"


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    """Tell what went wrong in Russian, or as JSON, and end with its exit code."""
    try:
        yield
    except FlowErrors as errors:
        lines = [f"{each.file}:{each.line}: {each.message}. {each.advice}" for each in errors.problems]
        problems = [asdict(each) for each in errors.problems]
        _refuse("Разговор не прошёл проверку", lines, {"problems": problems}, as_json=as_json)
    except TestsFailed as error:
        failures = list(error.failures)
        _refuse("Тесты разговоров не прошли", failures, {"failed_tests": failures}, as_json=as_json)
    except (NothingToDo, VersionUnknown) as error:
        _refuse(str(error), (), {"error": str(error)}, as_json=as_json)
    except (ArchiveTooLarge, ArchiveGarbage) as error:
        _refuse(f"Архив версии не годится: {error}", (), {"error": str(error)}, as_json=as_json)
    except PointerMoved:
        _refuse(
            "Кто-то публикует одновременно с вами: посмотрите yulia flows versions",
            (),
            {"error": "moved"},
            as_json=as_json,
            code=OUT_OF_REACH,
        )
    except StudioError as error:
        message = f"Хранилище версий недоступно: {error}"
        _refuse(message, (), {"error": str(error)}, as_json=as_json, code=OUT_OF_REACH)


def _refuse(message: str, lines: Sequence[str], facts: object, *, as_json: bool, code: int = REFUSED) -> None:
    if as_json:
        _print_json(facts)
    else:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        for line in lines:
            console.print(escape(line))
        console.print(f"[red]{escape(message)}[/red]")
    raise typer.Exit(code)


def _tell(pointer: Pointer, *, as_json: bool, version: str | None = None) -> None:
    if as_json:
        _print_json({**_pointer_json(pointer), **({"version": version} if version else {})})
        return
    console = Console(highlight=False)
    console.print(f"[green]{escape(in_force(pointer))}[/green]; идущие разговоры закончатся на прежней версии")


def _pointer_json(pointer: Pointer) -> dict[str, object]:
    return {"active": pointer.active, "canary": pointer.canary, "canary_share": pointer.canary_share}


def _print_json(facts: object) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
