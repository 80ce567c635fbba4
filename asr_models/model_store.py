"""The models folder: fetched models, each under its name, and the digests of the archives that they came in."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from asr_models.catalogue import BUNDLED, CatalogueModel, QuestionKind, catalogue, catalogue_model
from asr_models.model_archive import unpack_model
from asr_models.model_folder import ModelFolder, check_model_folder
from asr_models.model_seal import break_seal, check_seal, note_trial, seal
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR

_DIGESTS_FILE = "archive-digests.json"
_LOADED_MEGABYTES_PER_SECOND = 5  # how slowly a big model may load in its trial
_PARTS = ("am", "graph", "ivector", "rescore", "rnnlm")

Step = Literal["unpack", "try"]
OnStep = Callable[[Step, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is to do."""


class FetchUnderWay(Exception):
    """Another process is fetching this model."""


class DigestDiffers(Exception):
    """An archive is not the one that was expected."""

    def __init__(self, came: str, expected: str) -> None:
        super().__init__(f"SHA-256 {came} instead of {expected}")
        self.came = came
        self.expected = expected


class ModelStore:
    """One models folder."""

    def __init__(self, folder: Path, *, trial_limit_seconds: float) -> None:
        self.folder = folder.absolute()
        self._downloads = self.folder / "downloads"
        self._trial_limit_seconds = trial_limit_seconds

    def path_of(self, name: str) -> Path:
        """Return where a fetched model lies, or would."""
        return self.folder / name

    def part_of(self, name: str) -> Path:
        """Return where a download of this model is collected."""
        return self._downloads / f"{name}.zip.part"

    def fetched(self) -> tuple[str, ...]:
        """Return the names of the catalogue's models that are there."""
        return tuple(entry.name for entry in catalogue() if entry.url and self.path_of(entry.name).is_dir())

    def folder_of(self, model: str, kind: QuestionKind) -> Path:
        """Return the folder that a name of the catalogue or a path stands for when such questions are asked.

        A folder of models that belong together, as the bundled ones do, has one for each kind.

        Raises:
            UnknownModel, ModelInvalid: there is no such model, or it was not fetched.
        """
        if model == BUNDLED:
            return BUNDLED_DIGITS_MODEL_DIR if kind == "digits" else BUNDLED_MODEL_DIR
        folder = Path(model).absolute()
        if "/" not in model and not folder.is_dir():
            folder = self.path_of(catalogue_model(model).name)
            if not folder.is_dir():
                raise ModelInvalid(f"{model} is not here yet: `yulia models fetch {model}`")
        sister = folder / (BUNDLED_DIGITS_MODEL_DIR if kind == "digits" else BUNDLED_MODEL_DIR).name
        return sister if sister.is_dir() and not (folder / "am").is_dir() else folder

    def name_of(self, folder: Path) -> str:
        """Return what an admin calls this model: a name of the catalogue, or its path."""
        if folder in (BUNDLED_MODEL_DIR, BUNDLED_DIGITS_MODEL_DIR):
            return BUNDLED
        return folder.name if folder == self.path_of(folder.name) else str(folder)

    def check(self, folder: Path, *, always_try: bool = False) -> ModelFolder:
        """Check a model, with time enough for its size; one in the models folder is not tried again until it changes.

        Raises:
            ModelInvalid
        """
        files = (file for part in _PARTS for file in (folder / part).glob("*") if file.is_file())
        megabytes = sum(file.stat().st_size for file in files) / 1e6
        limit = max(self._trial_limit_seconds, megabytes / _LOADED_MEGABYTES_PER_SECOND)
        model = check_model_folder(folder, trial_limit_seconds=limit, always_try=always_try)
        if model.path.is_relative_to(self.folder.resolve()) and (found := check_seal(model.path)) and not found.known:
            note_trial(model.path, found.root)
        return model

    def expected_digest(self, entry: CatalogueModel) -> str | None:
        """Return the digest an archive must have: the catalogue's, or that of the first one that came."""
        return entry.sha256 or self._digests().get(entry.name)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep other fetches of this model out.

        Raises:
            FetchUnderWay
        """
        self._downloads.mkdir(parents=True, exist_ok=True)
        with (self._downloads / f"{name}.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FetchUnderWay(f"another process is fetching {name} into {self.folder}") from None
            yield

    def install(
        self,
        name: str,
        archive: Path,
        *,
        expected_sha256: str | None,
        on_step: OnStep = lambda _step, _done, _all: None,
    ) -> tuple[ModelFolder, str]:
        """Check an archive and the model in it, put it in its place at once, and return it with the archive's digest.

        Call it under the model's lock.

        Raises:
            DigestDiffers, ModelInvalid, OSError: nothing was put in place.
        """
        digest = file_digest(archive)
        if expected_sha256 is not None and digest != expected_sha256:
            raise DigestDiffers(digest, expected_sha256)
        unpacked, replaced = self._downloads / f"{name}.unpacked", self._downloads / f"{name}.replaced"
        _remove(unpacked, replaced)  # of a try that was killed
        try:
            model = unpack_model(archive, unpacked, lambda done, whole: on_step("unpack", done, whole))
            break_seal(model)
            on_step("try", 0, 1)
            self.check(model)
            seal(model)
            place = self.path_of(name)
            if place.exists():
                place.rename(replaced)
            try:
                model.rename(place)
            except OSError:
                if replaced.exists():
                    replaced.rename(place)
                raise
            on_step("try", 1, 1)
        except ModelInvalid as error:
            raise ModelInvalid(str(error).replace(str(unpacked), archive.name)) from error
        finally:
            _remove(unpacked, replaced)
        self._remember(name, digest)
        return self.check(place), digest

    def _digests(self) -> dict[str, str]:
        file = self.folder / _DIGESTS_FILE
        try:
            digests = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelInvalid(f"{file}: cannot be read: {error}") from error
        if not isinstance(digests, dict) or not all(isinstance(digest, str) for digest in digests.values()):
            raise ModelInvalid(f"{file}: damaged")
        return digests

    def _remember(self, name: str, digest: str) -> None:
        file = self.folder / _DIGESTS_FILE
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(self._digests() | {name: digest}, indent=1) + "\n", encoding="utf-8")
        temporary.replace(file)


def file_digest(file: Path) -> str:
    """Return a file's SHA-256."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _remove(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
