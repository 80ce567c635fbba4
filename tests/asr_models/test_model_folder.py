from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asr_models.model_folder import CHECKSUMS, check_model_folder
from asr_models.port import ModelInvalid
from asr_models.settings import BUNDLED_DIGITS_MODEL_DIR, BUNDLED_MODEL_DIR, HearingSettings
from asr_models.vosk_engine import VoskRecogniser

NEEDED = (
    "am/final.mdl",
    "conf/mfcc.conf",
    "conf/model.conf",
    "graph/HCLr.fst",
    "graph/Gr.fst",
    "graph/words.txt",
    "graph/disambig_tid.int",
)
TRIAL_LIMIT_SECONDS = 60.0


@pytest.fixture
def checksummed(tmp_path: Path) -> Path:
    """Return a copy of the bundled model for phrases, its sister for digits and their checksums beside it."""
    return Path(shutil.copytree(BUNDLED_MODEL_DIR.parent, tmp_path / "models", symlinks=True)) / "phrases"


@pytest.fixture
def foreign(checksummed: Path) -> Path:
    """Return a model folder as others give it, without our checksums."""
    (checksummed.parent / CHECKSUMS).unlink()
    return checksummed


def refusal(folder: Path) -> str:
    with pytest.raises(ModelInvalid) as refused:
        check_model_folder(folder, trial_limit_seconds=TRIAL_LIMIT_SECONDS)
    return str(refused.value)


@pytest.mark.parametrize(
    ("folder", "name"), [(BUNDLED_MODEL_DIR, "ru-8k/phrases"), (BUNDLED_DIGITS_MODEL_DIR, "ru-8k/digits")]
)
def test_the_bundled_models_are_taken(folder: Path, name: str) -> None:
    taken = check_model_folder(folder, trial_limit_seconds=TRIAL_LIMIT_SECONDS)

    assert taken.takes_phrase_lists
    assert taken.name == name


def test_a_sound_foreign_model_is_taken(foreign: Path) -> None:
    assert check_model_folder(foreign, trial_limit_seconds=TRIAL_LIMIT_SECONDS).path == foreign


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "nowhere")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "am/final.mdl: missing" in refusal(tmp_path)


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(1000))

    assert "am/final.mdl: missing" in refusal(tmp_path)


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(foreign: Path, name: str) -> None:
    (foreign / name).unlink()

    assert f"{name}: missing" in refusal(foreign)


@pytest.mark.parametrize("name", NEEDED)
def test_an_empty_file_is_named(foreign: Path, name: str) -> None:
    (foreign / name).write_bytes(b"")

    assert f"{name}: empty" in refusal(foreign)


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_of_something_else_is_named(foreign: Path, name: str) -> None:
    (foreign / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)

    assert name in refusal(foreign)


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst"])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused(foreign: Path, name: str, share: float) -> None:
    content = (foreign / name).read_bytes()
    (foreign / name).write_bytes(content[: int(len(content) * share)])

    assert refusal(foreign)


def inside_out(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(255 - byte for byte in content[middle : middle + 4000]) + content[middle + 4000 :]


def without_priors_count(content: bytes) -> bytes:
    return content.replace(b"<Priors> FV \x04", b"<Priors> FV \x08")


@pytest.mark.parametrize(
    ("name", "damage"),
    [("graph/HCLr.fst", inside_out), ("am/final.mdl", without_priors_count)],
)
def test_damage_inside_never_brings_the_process_down(
    foreign: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    (foreign / name).write_bytes(damage((foreign / name).read_bytes()))

    assert str(foreign) in refusal(foreign)


def test_another_models_graph_is_refused(foreign: Path) -> None:
    shutil.copy(foreign / "graph" / "Gr.fst", foreign / "graph" / "HCLr.fst")

    assert "of another acoustic model" in refusal(foreign)


@pytest.mark.parametrize("name", NEEDED)
def test_a_changed_byte_shows_in_the_checksums(checksummed: Path, name: str) -> None:
    content = bytearray((checksummed / name).read_bytes())
    content[-2] ^= 1
    (checksummed / name).write_bytes(content)

    assert name in refusal(checksummed)


def test_a_file_slipped_in_beside_the_checksummed_ones_is_refused(checksummed: Path) -> None:
    (checksummed / "graph" / "HCLG.fst").write_bytes((checksummed / "graph" / "Gr.fst").read_bytes())

    assert "HCLG.fst" in refusal(checksummed)


def test_checksums_cannot_point_outside_the_folder(checksummed: Path) -> None:
    with (checksummed.parent / CHECKSUMS).open("a") as checksums:
        checksums.write(f"{'0' * 64}  ../../etc/passwd\n")

    assert CHECKSUMS in refusal(checksummed)


def test_a_changed_byte_in_layers_that_models_share_shows_for_each_of_them(checksummed: Path) -> None:
    with (checksummed / "am" / "final.mdl").open("r+b") as layers:
        layers.seek(1000)
        layers.write(b"other")

    assert "its checksum" in refusal(checksummed)
    assert "its checksum" in refusal(checksummed.parent / "digits")


def test_damage_to_one_model_is_not_the_others_concern(checksummed: Path) -> None:
    (checksummed.parent / "digits" / "conf" / "model.conf").unlink()

    assert check_model_folder(checksummed, trial_limit_seconds=TRIAL_LIMIT_SECONDS).path == checksummed
    assert "model.conf: missing" in refusal(checksummed.parent / "digits")


def test_a_file_slipped_into_shared_layers_is_refused(checksummed: Path) -> None:
    (checksummed / "am" / "slipped.in").write_bytes(b"x")

    assert "slipped.in" in refusal(checksummed.parent / "digits")


def test_checksums_of_other_folders_say_nothing_about_a_neighbour(foreign: Path) -> None:
    (foreign.parent / CHECKSUMS).write_text(f"{'0' * 64}  other-model/am/final.mdl\n")

    assert check_model_folder(foreign, trial_limit_seconds=TRIAL_LIMIT_SECONDS).name == "phrases"


def test_the_recogniser_refuses_what_the_check_refuses(foreign: Path) -> None:
    (foreign / "graph" / "HCLr.fst").unlink()

    with pytest.raises(ModelInvalid, match=r"HCLr\.fst: missing"):
        VoskRecogniser(HearingSettings(model_dir=foreign))


def test_an_old_layout_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "final.mdl").write_bytes(b"\0B")

    assert "old Vosk layout" in refusal(tmp_path)
