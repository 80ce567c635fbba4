from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is in the trainer's own environment only")

from asr_models.trainer.pipeline import Undertaking, stages, with_options
from asr_models.trainer.recipe import Recipe
from asr_models.trainer.stages import StageBook

FROM_NOTHING = ["speech", "align", "features", "train", "calls", "tune", "sharpen", "export"]


def named(work: Path, from_model: Path | None) -> list[str]:
    wanted = Undertaking(work, work / "rhvoice", Recipe(), 1, from_model=from_model)
    return [stage.name for stage in stages(wanted, StageBook(work))]


def test_a_finished_model_needs_no_head_trained(tmp_path: Path) -> None:
    assert named(tmp_path, None) == FROM_NOTHING
    assert named(tmp_path, tmp_path) == ["speech", "align", "calls", "tune", "sharpen", "export"]


def test_real_people_take_part_when_there_are_some(tmp_path: Path) -> None:
    wanted = Undertaking(tmp_path, tmp_path, Recipe(), 1, from_model=tmp_path, people_dir=tmp_path / "people")
    names = [stage.name for stage in stages(wanted, StageBook(tmp_path))]
    assert names == ["speech", "align", "calls", "people", "imitate", "tune", "sharpen", "export"]


def test_other_people_begin_the_tuning_anew(tmp_path: Path) -> None:
    def inputs() -> str:
        wanted = Undertaking(tmp_path, tmp_path, Recipe(), 1, from_model=tmp_path, people_dir=tmp_path / "them")
        return next(stage for stage in stages(wanted, StageBook(tmp_path)) if stage.name == "tune").inputs()

    before = inputs()
    (tmp_path / "them" / "anna").mkdir(parents=True)
    (tmp_path / "them" / "anna" / "one.wav").write_bytes(b"sound")
    assert inputs() != before


def test_a_finished_model_is_tuned_more_gently() -> None:
    usual, on = with_options(Recipe()), with_options(Recipe(), goes_on=True)
    assert on.tuning.learning_rate < usual.tuning.learning_rate
    assert with_options(Recipe(), train_minutes=2.0, goes_on=True).tuning.limit_minutes == 2.0


def test_another_model_or_other_calls_begin_the_tuning_anew(tmp_path: Path) -> None:
    def inputs(seed: int | None = None) -> str:
        recipe = with_options(Recipe(), calls_seed=seed, goes_on=True)
        wanted = Undertaking(tmp_path, tmp_path / "rhvoice", recipe, 1, from_model=tmp_path)
        return next(stage for stage in stages(wanted, StageBook(tmp_path)) if stage.name == "tune").inputs()

    before = inputs()
    assert inputs(43) != before
    (tmp_path / "phrases" / "am").mkdir(parents=True)
    (tmp_path / "phrases" / "am" / "final.mdl").write_bytes(b"another")
    assert inputs() != before
