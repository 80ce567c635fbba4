from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr_models.model_download import DownloadFailed, DownloadLimits, PartialFile, download
from tests.asr_models.model_site import ModelSite

CONTENT = b"PK\x03\x04" + random.Random(7).randbytes(700_000)
OTHER_CONTENT = b"PK\x03\x04" + random.Random(8).randbytes(650_000)
LIMITS = DownloadLimits(
    connect_seconds=2.0, stall_seconds=2.0, total_seconds=20.0, tries=3, pause_seconds=0.01, most_bytes=10**6
)


@pytest.fixture
def site() -> Iterator[ModelSite]:
    """Serve one archive."""
    with ModelSite(CONTENT).serving() as serving:
        yield serving


@pytest.fixture
def part(tmp_path: Path) -> PartialFile:
    """Return where it is collected."""
    return PartialFile(tmp_path / "downloads" / "model.zip.part")


async def fetch(
    site: ModelSite, part: PartialFile, *, limits: DownloadLimits = LIMITS, exact_bytes: int | None = None
) -> list[tuple[int, int | None]]:
    progress: list[tuple[int, int | None]] = []
    await download(
        site.url,
        part,
        limits=limits,
        on_progress=lambda size, total: progress.append((size, total)),
        exact_bytes=exact_bytes,
    )
    return progress


async def failure(
    site: ModelSite, part: PartialFile, *, limits: DownloadLimits = LIMITS, exact_bytes: int | None = None
) -> str:
    with pytest.raises(DownloadFailed) as failed:
        await fetch(site, part, limits=limits, exact_bytes=exact_bytes)
    return str(failed.value)


async def test_a_file_comes_whole_and_its_progress_is_told(site: ModelSite, part: PartialFile) -> None:
    progress = await fetch(site, part, exact_bytes=len(CONTENT))

    assert part.path.read_bytes() == CONTENT
    assert progress[0] == (0, len(CONTENT))
    assert progress[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(progress) == progress


async def test_a_cut_connection_is_gone_on_with_from_where_it_was_cut(site: ModelSite, part: PartialFile) -> None:
    site.cuts = [300_000, 100_000]

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=300000-", "bytes=400000-"]


async def test_a_later_process_goes_on(site: ModelSite, part: PartialFile) -> None:
    site.cuts = [300_000, 0, 0, 0]
    assert "оборвалось" in await failure(site, part)

    site.cuts = []
    await fetch(site, PartialFile(part.path))

    assert part.path.read_bytes() == CONTENT
    assert site.ranges[-1] == "bytes=300000-"


async def test_a_date_is_enough_to_go_on(site: ModelSite, part: PartialFile) -> None:
    site.etag, site.last_modified, site.cuts = None, "Mon, 01 Jun 2026 10:00:00 GMT", [300_000]

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.ranges[-1] == "bytes=300000-"


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
async def test_without_a_strong_mark_of_its_version_the_file_begins_anew(
    site: ModelSite, part: PartialFile, etag: str | None
) -> None:
    site.etag, site.cuts = etag, [300_000]

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.ranges == [None, None]


@pytest.mark.parametrize("trusts_ranges", [False, True])
async def test_a_file_that_changed_meanwhile_begins_anew(
    site: ModelSite, part: PartialFile, trusts_ranges: bool
) -> None:
    site.cuts = [300_000, 0, 0, 0]
    await failure(site, part)

    site.cuts, site.content, site.etag, site.trusts_ranges = [], OTHER_CONTENT, '"two"', trusts_ranges
    await fetch(site, part)

    assert part.path.read_bytes() == OTHER_CONTENT


async def test_a_file_from_another_address_begins_anew(site: ModelSite, part: PartialFile) -> None:
    part.start("https://elsewhere/model.zip", site.etag)
    part.append(OTHER_CONTENT[:300_000])

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT


async def test_what_is_complete_is_not_fetched_again(site: ModelSite, part: PartialFile) -> None:
    await fetch(site, part)

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.ranges == [None, f"bytes={len(CONTENT)}-"]


async def test_a_beginning_longer_than_the_file_is_thrown_away(site: ModelSite, part: PartialFile) -> None:
    part.start(site.url, site.etag)
    part.append(CONTENT + b"more")
    site.trusts_ranges = True

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT


async def test_a_damaged_note_of_the_version_is_no_version(site: ModelSite, part: PartialFile) -> None:
    part.start(site.url, site.etag)
    part.append(OTHER_CONTENT[:1000])
    part.path.with_name(f"{part.path.name}.json").write_text("[]")

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT


async def test_a_missing_file_is_told_at_once(site: ModelSite, part: PartialFile) -> None:
    site.statuses = [404, 404]

    assert "404" in await failure(site, part)
    assert site.requests == 1


async def test_a_passing_fault_of_the_server_is_waited_out(site: ModelSite, part: PartialFile) -> None:
    site.statuses = [503, 429]

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT


async def test_tries_that_bring_nothing_are_counted(site: ModelSite, part: PartialFile) -> None:
    site.statuses = [503] * 10

    assert "503" in await failure(site, part)
    assert site.requests == LIMITS.tries


async def test_tries_that_bring_something_are_not(site: ModelSite, part: PartialFile) -> None:
    site.cuts = [100_000] * 6

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.requests == 7


async def test_a_silent_server_is_given_up_and_what_came_is_kept(site: ModelSite, part: PartialFile) -> None:
    site.hangs_after = 200_000
    limits = DownloadLimits(stall_seconds=0.2, tries=1)

    assert "молчит" in await failure(site, part, limits=limits)
    assert part.size == 200_000


async def test_a_download_without_end_is_ended(site: ModelSite, part: PartialFile) -> None:
    site.hangs_after = 200_000
    limits = DownloadLimits(stall_seconds=20, total_seconds=0.5)

    assert "не скачалась" in await failure(site, part, limits=limits)


async def test_nobody_listening_is_told_with_the_host(part: PartialFile) -> None:
    with ModelSite(CONTENT).serving() as gone:
        pass

    assert "нет соединения с 127.0.0.1" in await failure(gone, part)


async def test_no_address_is_told(part: PartialFile) -> None:
    nowhere = ModelSite(CONTENT)
    nowhere.url = "nowhere"

    assert "не адрес" in await failure(nowhere, part)


async def test_another_length_than_the_catalogues_is_refused_before_it_comes(
    site: ModelSite, part: PartialFile
) -> None:
    assert str(len(CONTENT)) in await failure(site, part, exact_bytes=len(CONTENT) + 1)
    assert part.size == 0


async def test_an_absurd_length_is_refused_before_it_comes(site: ModelSite, part: PartialFile) -> None:
    site.announced_bytes = 10**15

    assert "слишком большой" in await failure(site, part)
    assert part.size == 0


async def test_without_a_length_a_file_without_end_is_stopped(site: ModelSite, part: PartialFile) -> None:
    site.announces_length, site.content = False, b"PK\x03\x04" + bytes(3 * LIMITS.most_bytes)

    assert "больше обещанного" in await failure(site, part)
    assert part.size == 0


async def test_without_a_length_a_cut_file_is_noticed_by_the_catalogues(site: ModelSite, part: PartialFile) -> None:
    site.announces_length, site.etag, site.cuts = False, None, [300_000] * 3

    assert "300000 байт вместо" in await failure(site, part, exact_bytes=len(CONTENT))


async def test_a_page_of_a_portal_is_not_taken_for_the_file(site: ModelSite, part: PartialFile) -> None:
    site.content, site.kind = b"<html>Please log in</html>", "text/html"

    assert "не ZIP-архив" in await failure(site, part)
    assert part.size == 0
    assert site.requests == 1


async def test_a_moved_file_is_followed(site: ModelSite, part: PartialFile) -> None:
    site.moved_to = "/moved.zip"

    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT


async def test_a_circle_of_addresses_ends(site: ModelSite, part: PartialFile) -> None:
    site.moved_to = "/model.zip"

    assert "TooManyRedirects" in await failure(site, part)


async def test_a_full_disk_is_told(site: ModelSite, tmp_path: Path) -> None:
    full = tmp_path / "model.zip.part"
    full.symlink_to("/dev/full")  # takes nothing: ENOSPC

    assert "на диске нет места" in await failure(site, PartialFile(full))
    assert site.requests == 1


async def test_a_folder_that_cannot_be_made_is_told(site: ModelSite, tmp_path: Path) -> None:
    in_the_way = tmp_path / "downloads"
    in_the_way.touch()

    assert "не записать" in await failure(site, PartialFile(in_the_way / "model.zip.part"))


async def test_a_cancelled_download_can_be_gone_on_with(site: ModelSite, part: PartialFile) -> None:
    site.hangs_after = 200_000
    fetching = asyncio.create_task(fetch(site, part, limits=DownloadLimits(stall_seconds=20)))
    await asyncio.to_thread(_wait_for, part, 200_000, site.hanging)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching

    site.hangs_after = None
    await fetch(site, part)

    assert part.path.read_bytes() == CONTENT
    assert site.ranges[-1] == "bytes=200000-"


def _wait_for(part: PartialFile, size: int, hanging: threading.Event) -> None:
    assert hanging.wait(10)
    while part.size < size:  # sent is not yet written
        time.sleep(0.01)
