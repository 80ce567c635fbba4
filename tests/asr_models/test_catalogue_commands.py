from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from asr_models.catalogue_commands import app
from asr_models.model_choice import read_choice, with_chosen_models
from asr_models.model_download import DownloadLimits
from asr_models.model_store import ModelStore, file_digest
from asr_models.models_setup import ModelsSetup
from asr_models.settings import BUNDLED_MODEL_DIR, HearingSettings
from tests.asr_models.model_samples import foreign_model, static_model, zipped
from tests.asr_models.model_site import ModelSite

SMALL, BIG = "vosk-model-small-ru-0.22", "vosk-model-ru-0.42"
LIMITS = DownloadLimits(connect_seconds=2.0, stall_seconds=2.0, total_seconds=30.0, tries=2, pause_seconds=0.01)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack a model with a static graph, as the big ones have."""
    folder = tmp_path_factory.mktemp("archive")
    return zipped(static_model(folder / BIG), folder / f"{BIG}.zip")


@pytest.fixture
def site(archive: Path) -> Iterator[ModelSite]:
    """Serve it."""
    with ModelSite(archive.read_bytes()).serving() as serving:
        yield serving


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    """Return an empty models folder."""
    return tmp_path / "models"


def models(models_dir: Path, *arguments: object, hearing: HearingSettings | None = None) -> Result:
    setup = ModelsSetup(models_dir, hearing or HearingSettings(), LIMITS)
    result = CliRunner().invoke(app, [*map(str, arguments)], obj=lambda: setup, catch_exceptions=False)
    return result


def in_use(models_dir: Path, hearing: HearingSettings | None = None) -> dict[str, list[str]]:
    entries: list[dict[str, Any]] = json.loads(models(models_dir, "list", "--json", hearing=hearing).stdout)
    return {entry["name"]: entry["in_use_for"] for entry in entries if entry["in_use_for"]}


def one_line(result: Result) -> str:
    return re.sub(r"\s+", " ", result.output)


def test_at_first_the_bundled_model_hears_everything(models_dir: Path) -> None:
    assert in_use(models_dir) == {"bundled": ["closed", "digits", "open"]}
    assert "в комплекте" in models(models_dir, "list").output
    assert not models_dir.exists()


def test_a_model_is_fetched_chosen_for_open_questions_and_left_again(models_dir: Path, site: ModelSite) -> None:
    site.cuts = [5_000_000]

    fetched = models(models_dir, "fetch", BIG, "--url", site.url)

    assert fetched.exit_code == 0, fetched.output
    assert file_digest_of(site) in one_line(fetched)  # trusted at first use, and shown
    assert f"yulia models use {BIG} --for open" in one_line(fetched)
    assert len(site.ranges) == 2

    assert models(models_dir, "use", BIG, "--for", "open").exit_code == 0
    assert in_use(models_dir) == {"bundled": ["closed", "digits"], BIG: ["open"]}
    assert with_chosen_models(HearingSettings(), models_dir).open_model_dir == models_dir / BIG

    assert models(models_dir, "use", "bundled").exit_code == 0
    assert in_use(models_dir) == {"bundled": ["closed", "digits", "open"]}

    again = models(models_dir, "fetch", BIG, "--url", site.url)
    assert again.exit_code == 0
    site.content = site.content[:-1] + bytes([site.content[-1] ^ 1])
    site.etag = '"two"'
    changed = models(models_dir, "fetch", BIG, "--url", site.url)
    assert changed.exit_code == 1
    assert f"--sha256 {file_digest_of(site)}" in one_line(changed)
    assert in_use(models_dir) == {"bundled": ["closed", "digits", "open"]}


def file_digest_of(site: ModelSite) -> str:
    return hashlib.sha256(site.content).hexdigest()


def test_a_model_that_is_here_is_not_fetched_again(models_dir: Path, archive: Path) -> None:
    assert models(models_dir, "fetch", BIG, "--from-file", archive).exit_code == 0

    again = models(models_dir, "fetch", BIG)  # there is no way to its site from here

    assert again.exit_code == 0
    assert "уже здесь" in again.output


def test_without_a_way_to_the_site_there_is_a_clear_word(models_dir: Path) -> None:
    with ModelSite(b"").serving() as gone:
        pass

    result = models(models_dir, "fetch", SMALL, "--url", gone.url)

    assert result.exit_code == 1
    told = one_line(result)
    assert "нет соединения с 127.0.0.1" in told
    assert "модель из комплекта всегда на месте" in told
    assert f"yulia models fetch {SMALL} --from-file" in told
    assert in_use(models_dir) == {"bundled": ["closed", "digits", "open"]}


def test_an_archive_of_another_length_than_the_catalogues_is_refused(models_dir: Path, site: ModelSite) -> None:
    result = models(models_dir, "fetch", SMALL, "--url", site.url)

    assert result.exit_code == 1
    assert "46236750" in one_line(result)


def test_an_archive_that_is_not_the_catalogues_is_refused(models_dir: Path, archive: Path) -> None:
    result = models(models_dir, "fetch", SMALL, "--from-file", archive)

    assert result.exit_code == 1
    assert f"--sha256 {file_digest(archive)}" in one_line(result)
    assert not (models_dir / SMALL).exists()


def test_an_admin_who_knows_the_digest_is_believed(models_dir: Path, site: ModelSite, archive: Path) -> None:
    result = models(models_dir, "fetch", SMALL, "--url", site.url, "--sha256", file_digest(archive).upper())

    assert result.exit_code == 0, result.output
    assert (models_dir / SMALL / "am" / "final.mdl").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("fetch", "no-such-model"), "в каталоге нет"),
        (("fetch", BIG, "--sha256", "abc"), "64 hexadecimal"),
        (("fetch", BIG, "--from-file", "nowhere.zip"), "does not exist"),
        (("use", "no-such-model"), "в каталоге нет"),
        (("use", BIG), "models fetch"),
        (("use", "./nowhere"), "no such folder"),
        (("check", "no-such-model"), "в каталоге нет"),
        (("check", "./nowhere"), "no such folder"),
    ],
)
def test_what_cannot_be_done_is_told(models_dir: Path, arguments: tuple[str, ...], told: str) -> None:
    result = models(models_dir, *arguments)

    assert result.exit_code in (1, 2)
    assert told in one_line(result)


def test_the_bundled_model_needs_no_fetching(models_dir: Path) -> None:
    assert "всегда на месте" in models(models_dir, "fetch", "bundled").output


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, archive: Path) -> None:
    in_the_way = tmp_path / "models"
    in_the_way.touch()

    result = models(in_the_way, "fetch", BIG, "--from-file", archive)

    assert result.exit_code == 1
    assert str(in_the_way) in one_line(result)


def test_two_do_not_fetch_the_same_model_at_once(models_dir: Path, archive: Path) -> None:
    with ModelStore(models_dir, trial_limit_seconds=1).locked(BIG):
        result = models(models_dir, "fetch", BIG, "--from-file", archive)

    assert result.exit_code == 1
    assert "уже скачивает другой процесс" in one_line(result)


@pytest.mark.parametrize("questions", ["closed", "digits", "all"])
def test_a_model_without_phrase_lists_is_refused_for_what_needs_them(
    models_dir: Path, tmp_path: Path, questions: str
) -> None:
    model = static_model(tmp_path / "static")

    result = models(models_dir, "use", model, "--for", questions)

    assert result.exit_code == 1
    assert "HCLG.fst" in one_line(result)
    assert f"yulia models use {model} --for open" in one_line(result)
    assert in_use(models_dir) == {"bundled": ["closed", "digits", "open"]}


def test_a_bad_folder_is_not_chosen(models_dir: Path, tmp_path: Path) -> None:
    model = foreign_model(tmp_path / "model")
    (model / "graph" / "HCLr.fst").unlink()

    result = models(models_dir, "use", model)

    assert result.exit_code == 1
    assert "HCLr.fst: missing" in one_line(result)
    assert read_choice(models_dir).closed is None


def test_an_own_folder_can_hear_and_open_questions_can_stay_with_the_bundled_model(
    models_dir: Path, tmp_path: Path
) -> None:
    model = foreign_model(tmp_path / "model")

    assert models(models_dir, "use", model).exit_code == 0
    assert models(models_dir, "use", "bundled", "--for", "open").exit_code == 0

    assert in_use(models_dir) == {"bundled": ["open"], str(model): ["closed", "digits"]}
    chosen = with_chosen_models(HearingSettings(), models_dir)
    assert (chosen.model_dir, chosen.digits_model_dir, chosen.open_model_dir) == (model, model, BUNDLED_MODEL_DIR)
    assert f"Своя модель {model} слушает: списки фраз, числа." in models(models_dir, "list").output


def test_the_environment_wins_over_the_choice_and_says_so(models_dir: Path, tmp_path: Path) -> None:
    model, other = foreign_model(tmp_path / "model"), tmp_path / "other"
    hearing = HearingSettings(digits_model_dir=other)

    result = models(models_dir, "use", model, hearing=hearing)

    assert "YULIA_HEARING__DIGITS_MODEL_DIR" in one_line(result)
    assert with_chosen_models(hearing, models_dir).digits_model_dir == other
    assert with_chosen_models(hearing, models_dir).model_dir == model


@pytest.mark.parametrize("content", ["", "{", "[]", '{"closed": 7}', '{"other": null}', '{"closed": ""}'])
def test_a_damaged_choice_is_told_and_can_be_made_anew(models_dir: Path, content: str) -> None:
    models_dir.mkdir()
    (models_dir / "choice.json").write_text(content)

    assert "choice.json" in one_line(models(models_dir, "list"))
    assert models(models_dir, "use", "bundled").exit_code == 0
    assert "choice.json" not in one_line(models(models_dir, "list"))


def test_all_models_here_are_checked(models_dir: Path, archive: Path) -> None:
    models(models_dir, "fetch", BIG, "--from-file", archive)
    with (models_dir / BIG / "graph" / "HCLG.fst").open("ab") as graph:
        graph.write(b"more")

    result = models(models_dir, "check", "--json")

    assert result.exit_code == 1
    verdicts = {Path(verdict["folder"]).name: verdict["good"] for verdict in json.loads(result.stdout)}
    assert verdicts == {"phrases": True, "digits": True, BIG: False}


def heed_ctrl_c() -> None:
    """Undo what a shell does to a command it runs in the background: Ctrl-C is ignored there, by children too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_keeps_what_came_and_the_next_fetch_goes_on(tmp_path: Path, site: ModelSite, archive: Path) -> None:
    command = [sys.executable, "-c", "from ivr.cli import main; main()", "models", "fetch", BIG, "--url", site.url]
    environment = os.environ | {"YULIA_LINE__STATE_DIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    part = tmp_path / "models" / "downloads" / f"{BIG}.zip.part"
    site.hangs_after = 3_000_000
    fetching = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        preexec_fn=heed_ctrl_c,
    )
    watchdog = threading.Timer(110, fetching.kill)
    watchdog.start()
    try:
        assert site.hanging.wait(100)
        while not part.exists() or part.stat().st_size < 3_000_000:  # sent is not yet written
            assert fetching.poll() is None
            time.sleep(0.01)
        fetching.send_signal(signal.SIGINT)
        told, _ = fetching.communicate()
    finally:
        watchdog.cancel()
        fetching.kill()

    assert fetching.returncode == 130
    assert "Прервано" in told
    assert part.stat().st_size == 3_000_000

    site.hangs_after = None
    result = models(tmp_path / "models", "fetch", BIG, "--url", site.url)
    assert result.exit_code == 0, result.output
    assert site.ranges[-1] == "bytes=3000000-"
    assert not part.exists()
