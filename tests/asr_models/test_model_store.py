from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asr_models.catalogue import CatalogueModel, catalogue, catalogue_model
from asr_models.model_folder import check_model_folder
from asr_models.model_store import DigestDiffers, FetchUnderWay, ModelStore, file_digest
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR
from tests.asr_models.model_samples import foreign_model, zipped

SMALL, BIG = "vosk-model-small-ru-0.22", "vosk-model-ru-0.42"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pack a sound model."""
    folder = tmp_path_factory.mktemp("archive")
    return zipped(foreign_model(folder / "vosk-model-x"), folder / "x.zip")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Return an empty models folder."""
    return ModelStore(tmp_path / "models", trial_limit_seconds=60.0)


def install(store: ModelStore, name: str, archive: Path, sha256: str | None = None) -> str:
    with store.locked(name):
        _, digest = store.install(name, archive, expected_sha256=sha256)
    return digest


def left_over(store: ModelStore) -> set[str]:
    return {path.name for path in (store.folder / "downloads").iterdir() if not path.name.endswith(".lock")}


def test_an_installed_model_is_not_tried_again_until_a_byte_changes(store: ModelStore, archive: Path) -> None:
    install(store, BIG, archive, file_digest(archive))

    assert store.fetched() == (BIG,)
    assert left_over(store) == set()
    # No trial ends within a millisecond: the checksums are enough.
    assert check_model_folder(store.path_of(BIG), trial_limit_seconds=0.001).takes_phrase_lists
    with (store.path_of(BIG) / "graph" / "Gr.fst").open("r+b") as graph:
        graph.seek(20_000)
        graph.write(b"other")
    with pytest.raises(ModelInvalid, match="its checksum is not"):
        check_model_folder(store.path_of(BIG), trial_limit_seconds=60.0)


def test_the_first_digest_is_written_down_and_others_are_held_to_it(store: ModelStore, archive: Path) -> None:
    entry = catalogue_model(BIG)
    assert store.expected_digest(entry) is None

    came = install(store, BIG, archive)

    assert came == file_digest(archive)
    assert store.expected_digest(entry) == came
    assert ModelStore(store.folder, trial_limit_seconds=1).expected_digest(entry) == came


def test_the_catalogues_digest_needs_no_first_fetch(store: ModelStore) -> None:
    assert store.expected_digest(catalogue_model(SMALL)) == catalogue_model(SMALL).sha256


def test_another_archive_is_not_even_opened(store: ModelStore, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(b"PK\x03\x04 and rubbish")

    with pytest.raises(DigestDiffers) as differs:
        install(store, BIG, other, "0" * 64)

    assert differs.value.came == file_digest(other)
    assert store.fetched() == ()


def test_a_bad_model_in_a_whole_archive_is_not_put_in_place(store: ModelStore, archive: Path, tmp_path: Path) -> None:
    model = foreign_model(tmp_path / "model")
    graph = model / "graph" / "HCLr.fst"
    graph.write_bytes(graph.read_bytes()[:-100])

    with pytest.raises(ModelInvalid, match=r"bad\.zip.*HCLr\.fst"):
        install(store, BIG, zipped(model, tmp_path / "bad.zip"))

    assert store.fetched() == ()
    assert left_over(store) == set()
    assert store.expected_digest(catalogue_model(BIG)) is None


def test_checksums_and_notes_that_came_along_count_for_nothing(store: ModelStore, tmp_path: Path) -> None:
    model = foreign_model(tmp_path / "model")
    (model / "SHA256SUMS").write_text(f"{'0' * 64}  am/final.mdl\n")
    (model / "TRIED").write_text('{"models": ["."]}')

    install(store, BIG, zipped(model, tmp_path / "sealed.zip"))

    assert "0" * 64 not in (store.path_of(BIG) / "SHA256SUMS").read_text()


def test_a_damaged_model_in_place_is_replaced(store: ModelStore, archive: Path) -> None:
    install(store, BIG, archive)
    (store.path_of(BIG) / "am" / "final.mdl").unlink()

    install(store, BIG, archive)

    assert store.check(store.path_of(BIG)).takes_phrase_lists
    assert left_over(store) == set()


def test_what_a_killed_try_left_is_in_nobodys_way(store: ModelStore, archive: Path) -> None:
    rest = store.folder / "downloads" / f"{BIG}.unpacked" / "am"
    rest.mkdir(parents=True)
    (rest / "final.mdl").write_bytes(b"half")

    install(store, BIG, archive)

    assert store.fetched() == (BIG,)


def test_two_cannot_fetch_the_same_model_at_once(store: ModelStore) -> None:
    other = ModelStore(store.folder, trial_limit_seconds=1)
    with store.locked(BIG):
        with pytest.raises(FetchUnderWay), other.locked(BIG):
            pass
        with other.locked(SMALL):
            pass
    with other.locked(BIG):
        pass


def test_a_damaged_list_of_digests_is_told(store: ModelStore) -> None:
    store.folder.mkdir()
    (store.folder / "archive-digests.json").write_text('{"vosk-model-ru-0.42": 7}')

    with pytest.raises(ModelInvalid, match=r"archive-digests\.json"):
        store.expected_digest(catalogue_model(BIG))


def test_models_that_belong_together_are_told_apart_by_the_question(store: ModelStore, tmp_path: Path) -> None:
    family = tmp_path / "family"
    shutil.copytree(BUNDLED_MODEL_DIR.parent, family, symlinks=True)
    alone = foreign_model(tmp_path / "alone")

    assert store.folder_of(str(family), "closed") == family / "phrases"
    assert store.folder_of(str(family), "digits") == family / "digits"
    assert store.folder_of(str(family), "open") == family / "phrases"
    assert {store.folder_of(str(alone), kind) for kind in ("closed", "digits", "open")} == {alone}
    assert store.folder_of("bundled", "digits") == BUNDLED_DIGITS_MODEL_DIR


def test_models_made_here_with_checksums_are_tried_once(store: ModelStore) -> None:
    shutil.copytree(BUNDLED_MODEL_DIR.parent, store.folder / "ru-8k-words-1", symlinks=True)
    model = store.folder / "ru-8k-words-1" / "digits"

    store.check(model)

    assert check_model_folder(model, trial_limit_seconds=0.001).takes_phrase_lists
    with pytest.raises(ModelInvalid, match="did not load"):  # its sister was not tried yet
        check_model_folder(model.parent / "phrases", trial_limit_seconds=0.001)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_catalogue_says_where_its_figures_are_from(entry: CatalogueModel) -> None:
    assert entry.memory_source
    assert entry.error_rates_source
    assert (entry.sha256 is None) == entry.sha256_source.startswith("not published: the first fetch")
    assert entry.takes_phrase_lists or entry.serves == ("open",)
    assert entry.url is None or entry.url.endswith(f"/{entry.name}.zip")
