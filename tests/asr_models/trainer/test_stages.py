from pathlib import Path

import pytest

from asr_models.trainer.stages import Facts, Report, Stage, StageBook, digest_of


class Work:
    """A stage that counts how often it ran and may be interrupted."""

    def __init__(self, folder: Path) -> None:
        self.runs, self.inputs, self.amount, self.interrupted, self.folder = 0, "first", "", False, folder

    def stage(self) -> Stage:
        return Stage("work", "does something", lambda: self.inputs, self.run, self.folder, self.amount)

    def run(self, report: Report) -> Facts:
        self.runs += 1
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"piece-{self.runs}").touch()
        if self.interrupted:
            raise KeyboardInterrupt
        report("working", 1.0)
        return {"pieces": str(len(list(self.folder.iterdir())))}


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(tmp_path / "pieces")


def carry_out(work: Work, book: StageBook) -> Facts:
    return book.carry_out(work.stage(), lambda what, fraction: None)


def test_a_stage_that_is_done_stays_done_for_the_next_run(work: Work, tmp_path: Path) -> None:
    assert not StageBook(tmp_path).is_done(work.stage())
    carry_out(work, StageBook(tmp_path))
    assert StageBook(tmp_path).is_done(work.stage())
    assert StageBook(tmp_path).facts("work") == {"pieces": "1"}


def test_other_inputs_make_it_begin_anew(work: Work, tmp_path: Path) -> None:
    book = StageBook(tmp_path)
    carry_out(work, book)
    work.inputs = "second"
    assert not book.is_done(work.stage())
    assert carry_out(work, book) == {"pieces": "1"}


def test_more_of_the_same_is_made_beside_what_is_there(work: Work, tmp_path: Path) -> None:
    book = StageBook(tmp_path)
    carry_out(work, book)
    work.amount = "twice as much"
    assert not book.is_done(work.stage())
    assert carry_out(work, book) == {"pieces": "2"}


def test_an_interrupted_stage_goes_on_with_what_it_had(work: Work, tmp_path: Path) -> None:
    book = StageBook(tmp_path)
    work.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        carry_out(work, book)
    assert not book.is_done(work.stage())
    work.interrupted = False
    assert carry_out(work, book) == {"pieces": "2"}


def test_an_interrupted_stage_whose_inputs_changed_does_not(work: Work, tmp_path: Path) -> None:
    book = StageBook(tmp_path)
    work.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        carry_out(work, book)
    work.interrupted, work.inputs = False, "second"
    assert carry_out(work, book) == {"pieces": "1"}


def test_a_damaged_note_counts_as_none(work: Work, tmp_path: Path) -> None:
    carry_out(work, StageBook(tmp_path))
    (tmp_path / "stages" / "work.json").write_text("{", encoding="utf-8")
    assert not StageBook(tmp_path).is_done(work.stage())


def test_inputs_differ_by_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "texts"
    missing = digest_of("a", file)
    file.write_text("b")
    first = digest_of("a", file)
    file.write_text("c")
    assert len({missing, first, digest_of("a", file)}) == 3


def test_how_long_a_stage_took_is_kept(work: Work, tmp_path: Path) -> None:
    book = StageBook(tmp_path)
    assert book.minutes("work") == "—"
    carry_out(work, book)
    assert float(book.minutes("work")) == 0.0
