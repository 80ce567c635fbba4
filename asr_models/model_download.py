"""Fetch one large file over HTTP: goes on where it was cut off, never waits without end."""

from __future__ import annotations

import asyncio
import errno
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

_PIECE_BYTES = 2**18
_ZIP_START = b"PK\x03\x04"

OnProgress = Callable[[int, int | None], None]
"""Takes the bytes that are there so far, and how many there will be (None: not known)."""


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """What a download may take."""

    connect_seconds: float = 10.0
    stall_seconds: float = 30.0  # without a byte
    total_seconds: float = 6 * 3600.0
    tries: int = 3  # in a row that bring nothing new
    pause_seconds: float = 1.0  # before the second try; doubled for each further one
    most_bytes: int = 4 * 2**30


class DownloadFailed(Exception):
    """The file could not be fetched; the message says why, in Russian. What came stays for the next try if it can."""

    def __init__(self, reason: str, *, may_pass: bool = False) -> None:
        super().__init__(reason)
        self.may_pass = may_pass  # another try may succeed without anybody changing anything


class PartialFile:
    """The beginning of a download, and by what the server knows the version that it belongs to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """How many bytes are there."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def version(self, url: str) -> str | None:
        """Return what identifies the version of which this is the beginning; None where it cannot be gone on with."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return str(note["version"]) if note["url"] == url and note["version"] and self.size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def start(self, url: str, version: str | None) -> None:
        """Begin anew."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        self._note.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def append(self, piece: bytes) -> None:
        """Write down what came."""
        with self.path.open("ab") as file:
            file.write(piece)

    def discard(self) -> None:
        """Remove it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


async def download(
    url: str,
    part: PartialFile,
    *,
    limits: DownloadLimits,
    on_progress: OnProgress,
    exact_bytes: int | None = None,
) -> None:
    """Complete a partial file.

    Raises:
        DownloadFailed
    """
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=limits.connect_seconds, connect=limits.connect_seconds, sock_read=limits.stall_seconds
    )
    try:
        async with (
            asyncio.timeout(limits.total_seconds),
            aiohttp.ClientSession(timeout=timeout, trust_env=True) as http,
        ):
            failures = 0
            while True:
                before = part.size
                try:
                    await _get(http, url, part, limits, on_progress, exact_bytes)
                    return
                except (DownloadFailed, aiohttp.ClientError) as error:
                    failure = _failure(error, url, limits)
                failures = failures + 1 if part.size <= before else 1
                if not failure.may_pass or failures >= limits.tries:
                    raise failure
                await asyncio.sleep(limits.pause_seconds * 2 ** (failures - 1))
    except TimeoutError:
        raise DownloadFailed(f"не скачалась за {limits.total_seconds / 3600:g} ч", may_pass=True) from None
    except OSError as error:  # aiohttp's own ones are handled above
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadFailed(f"не записать {part.path}: {error.strerror}") from error
        raise DownloadFailed(f"на диске нет места ({part.path.parent})", may_pass=True) from error


async def _get(
    http: aiohttp.ClientSession,
    url: str,
    part: PartialFile,
    limits: DownloadLimits,
    on_progress: OnProgress,
    exact_bytes: int | None,
) -> None:
    version = part.version(url)
    total: int | None
    headers = {"Accept-Encoding": "identity"}
    if version is not None:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": version}
    async with http.get(url, headers=headers, max_redirects=5) as answer:
        if url.startswith("https:") and answer.url.scheme != "https":
            raise DownloadFailed(f"перенаправление на адрес без шифрования ({answer.url.host})")
        match answer.status:
            case 206 if version is not None and _version_told(answer) in (version, None):
                total = _total_of_range(answer, part.size)
            case 416 if version is not None and _size_told(answer) == part.size:
                return  # all of it was there already
            case 200:
                total = answer.content_length
            case 206 | 416:
                part.discard()
                raise DownloadFailed(f"файл на {answer.url.host} тем временем сменился", may_pass=True)
            case status:
                transient = status in (408, 429) or status >= 500
                raise DownloadFailed(f"{answer.url.host} отвечает {status} {answer.reason}", may_pass=transient)
        _check_size(total, limits, exact_bytes)
        if answer.status == 200:
            part.start(url, _version_told(answer))
        await _receive(answer, part, total, limits, on_progress)
    wanted = exact_bytes if total is None else total
    if wanted is not None and part.size != wanted:
        raise DownloadFailed(f"пришло {part.size} байт вместо {wanted}", may_pass=True)


async def _receive(
    answer: aiohttp.ClientResponse,
    part: PartialFile,
    total: int | None,
    limits: DownloadLimits,
    on_progress: OnProgress,
) -> None:
    size = part.size
    on_progress(size, total)
    async for piece in answer.content.iter_chunked(_PIECE_BYTES):
        if size == 0 and not piece.startswith(_ZIP_START[: len(piece)]):
            part.discard()
            raise DownloadFailed("пришёл не ZIP-архив: возможно, страница портала или прокси на пути")
        size += len(piece)
        if size > limits.most_bytes or (total is not None and size > total):
            part.discard()
            raise DownloadFailed(f"пришло больше обещанного ({size} байт)")
        part.append(piece)
        on_progress(size, total)


def _check_size(total: int | None, limits: DownloadLimits, exact_bytes: int | None) -> None:
    if total is None:
        return
    if exact_bytes is not None and total != exact_bytes:
        raise DownloadFailed(f"на сервере файл в {total} байт, а в каталоге — в {exact_bytes}")
    if total > limits.most_bytes:
        raise DownloadFailed(f"на сервере файл в {total // 10**6} МБ: для модели слишком большой")


def _version_told(answer: aiohttp.ClientResponse) -> str | None:
    """Return the server's strong mark of this version (RFC 9110, 13.1.5): a weak one must not be gone on with."""
    etag = answer.headers.get("ETag", "")
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified")


def _total_of_range(answer: aiohttp.ClientResponse, start: int) -> int:
    told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("Content-Range", ""))
    if told is None or int(told[1]) != start or int(told[2]) != int(told[3]) - 1:
        raise DownloadFailed(f"{answer.url.host} прислал не ту часть файла")
    return int(told[3])


def _size_told(answer: aiohttp.ClientResponse) -> int | None:
    told = re.fullmatch(r"bytes \*/(\d+)", answer.headers.get("Content-Range", ""))
    return int(told[1]) if told else None


def _failure(error: DownloadFailed | aiohttp.ClientError, url: str, limits: DownloadLimits) -> DownloadFailed:
    host = urlsplit(url).hostname or url
    match error:
        case DownloadFailed():
            return error
        case aiohttp.ConnectionTimeoutError():
            return DownloadFailed(f"{host} не отвечает {limits.connect_seconds:g} с", may_pass=True)
        case aiohttp.ServerTimeoutError():
            return DownloadFailed(f"{host} молчит {limits.stall_seconds:g} с", may_pass=True)
        case aiohttp.ClientConnectorDNSError():
            return DownloadFailed(f"имя {host} не находится в DNS", may_pass=True)
        case aiohttp.ClientSSLError():
            return DownloadFailed(f"шифрованному соединению с {host} нет доверия: {error}")
        case aiohttp.ClientConnectorError():
            return DownloadFailed(f"нет соединения с {host}: {error.strerror or error}", may_pass=True)
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return DownloadFailed(f"соединение с {host} оборвалось", may_pass=True)
        case aiohttp.InvalidURL():
            return DownloadFailed(f"«{url}» — не адрес")
        case _:
            return DownloadFailed(f"{host}: {type(error).__name__}: {error}")
