"""The stages from nothing to a model folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from asr_models.graphs.lexicon import BUNDLED_LEXICON, read_lexicon
from asr_models.graphs.model_rebuild import UNITS_FILE
from asr_models.graphs.units import CORE_WORDS, core_words, inventory, read_units
from asr_models.trainer.alignment import align_bank
from asr_models.trainer.augmentation import AugmentationRecipe, augmented
from asr_models.trainer.clip_store import ALIGNMENTS
from asr_models.trainer.clips import BANK_RATE_HZ, read_index
from asr_models.trainer.export import NOT_MEASURED, acoustic_model_of, export
from asr_models.trainer.features import ShardKind, make_features, shard_count
from asr_models.trainer.finished_model import network_of
from asr_models.trainer.fitting import Progress
from asr_models.trainer.imitation import imitation_dir, load_imitation, make_imitation
from asr_models.trainer.korean_model import LAST_FACTORISED_LAYER
from asr_models.trainer.people import cut_people, load_people, people_dir
from asr_models.trainer.recipe import FeaturesRecipe, Recipe
from asr_models.trainer.sharpening import NETWORK_FILE, sharpen_network
from asr_models.trainer.speech import synthesise_bank
from asr_models.trainer.stages import Facts, Report, Stage, StageBook, digest_of
from asr_models.trainer.texts import TEXTS_DIR
from asr_models.trainer.training import HEAD_FILE, TrainingReport, features_kind, load_shards, train, training_dir
from asr_models.trainer.tuning import TUNED_FILE, calls_kind, tune, tuning_dir
from asr_models.trainer.whole_network import load_network
from asr_models.trainer.windows import Shard


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What is wanted of a run."""

    work_dir: Path
    rhvoice_dir: Path
    recipe: Recipe
    processes: int
    speech_scale: float = 1.0  # of the number of clips
    measured_file: Path | None = None  # a Markdown table for the model card
    from_model: Path | None = None  # a finished model folder to go on from, instead of training a head
    people_dir: Path | None = None  # recordings of real people, a folder a speaker; `from_model` is their teacher

    @property
    def model_dir(self) -> Path:
        """Where the result is written."""
        return self.work_dir / "model"


def stages(wanted: Undertaking, book: StageBook) -> tuple[Stage, ...]:
    """List the stages in their order."""
    work, recipe = wanted.work_dir, wanted.recipe
    index, alignments = work / "speech" / "index.tsv", work / "alignments" / ALIGNMENTS
    texts = sorted(TEXTS_DIR.glob("*.txt"))

    def speech_inputs() -> str:
        return digest_of(f"{wanted.speech_scale}", *texts)

    def align_inputs() -> str:
        return digest_of(repr((recipe.alignment, LAST_FACTORISED_LAYER)), index, BUNDLED_LEXICON)

    def shard_inputs(own: FeaturesRecipe) -> str:
        pieces = (own.shard_hours, own.seed, recipe.training.layers, LAST_FACTORISED_LAYER, AugmentationRecipe())
        return digest_of(repr(pieces), alignments)

    def features_inputs() -> str:
        return shard_inputs(recipe.features)

    def train_inputs() -> str:
        learned = (recipe.features.hours, recipe.training)
        return digest_of(features_inputs(), repr(learned), CORE_WORDS, BUNDLED_LEXICON)

    def calls_inputs() -> str:
        return shard_inputs(recipe.calls)

    def begun_with() -> tuple[Path, ...]:
        if wanted.from_model is None:
            return (training_dir(work) / HEAD_FILE,)
        return wanted.from_model / UNITS_FILE, acoustic_model_of(wanted.from_model)

    def people_inputs() -> str:
        files = sorted(wanted.people_dir.rglob("*")) if wanted.people_dir else []
        return digest_of("\n".join(f"{file} {file.stat().st_size}" for file in files))

    def imitate_inputs() -> str:
        return digest_of(people_inputs(), shard_inputs(recipe.imitation), *begun_with())

    def tune_inputs() -> str:
        learned = (recipe.calls.hours, recipe.tuning)
        imitated = (imitate_inputs(), f"{recipe.imitation.hours}") if wanted.people_dir else ()
        return digest_of(calls_inputs(), repr(learned), *begun_with(), *imitated)

    def sharpen_inputs() -> str:
        imitated = (imitate_inputs(),) if wanted.people_dir else ()
        return digest_of(repr((recipe.sharpening, recipe.export)), tuning_dir(work) / TUNED_FILE, *imitated)

    def export_inputs() -> str:
        measured = [wanted.measured_file] if wanted.measured_file else []
        return digest_of(repr(recipe), tuning_dir(work) / NETWORK_FILE, BUNDLED_LEXICON, *texts, *measured)

    every = (
        Stage("speech", "synthesise clean clips", speech_inputs, lambda report: _speech(wanted, report)),
        Stage(
            "align", "find every phone in time", align_inputs, lambda report: _align(wanted, report), alignments.parent
        ),
        Stage(
            "features",
            "make calls of the clips, run the frozen layers over them",
            features_inputs,
            lambda report: _features(wanted, report),
            work / "features",
            f"{recipe.features.hours:g} h",
        ),
        Stage("train", "train the head", train_inputs, lambda report: _train(wanted, report), work / "training"),
        Stage(
            "calls",
            "make more calls of the clips",
            calls_inputs,
            lambda report: _calls(wanted, report),
            work / "calls",
            f"{recipe.calls.hours:g} h",
        ),
        Stage(
            "people",
            "cut recordings of real people",
            people_inputs,
            lambda report: _people(wanted, report),
            people_dir(work),
        ),
        Stage(
            "imitate",
            "make calls of them, ask the finished model what it hears in their clean speech",
            imitate_inputs,
            lambda report: _imitate(wanted, report),
            imitation_dir(work),
            f"{recipe.imitation.hours:g} h",
        ),
        Stage("tune", "train all layers together", tune_inputs, lambda report: _tune(wanted, report), tuning_dir(work)),
        Stage(
            "sharpen", "hold whole utterances against all other words", sharpen_inputs, lambda r: _sharpen(wanted, r)
        ),
        Stage("export", "write the model folder", export_inputs, lambda report: _export(wanted, book, report)),
    )
    left_out = [
        *(("features", "train") if wanted.from_model else ()),
        *(() if wanted.people_dir else ("people", "imitate")),
    ]
    return tuple(stage for stage in every if stage.name not in left_out)


def with_options(
    recipe: Recipe,
    hours: float | None = None,
    train_minutes: float | None = None,
    calls_seed: int | None = None,
    *,
    goes_on: bool = False,
) -> Recipe:
    """Change what a user may want otherwise; `goes_on`: from a finished model."""
    if goes_on:
        recipe = replace(recipe, tuning=recipe.going_on)
    if calls_seed is not None:
        recipe = replace(recipe, calls=replace(recipe.calls, seed=calls_seed))
    if hours is not None:
        features, calls = replace(recipe.features, hours=hours), replace(recipe.calls, hours=1.5 * hours)
        recipe = replace(recipe, features=features, calls=calls)
    if train_minutes is not None:
        training = replace(recipe.training, limit_minutes=train_minutes)
        recipe = replace(recipe, training=training, tuning=replace(recipe.tuning, limit_minutes=train_minutes))
    return recipe


def _speech(wanted: Undertaking, report: Report) -> Facts:
    progress = synthesise_bank(
        wanted.work_dir, wanted.rhvoice_dir, processes=wanted.processes, scale=wanted.speech_scale
    )
    for done, total in progress:
        report("synthesising", done / total)
    clips = read_index(wanted.work_dir / "speech")
    return {"clips": str(len(clips)), "voices": str(len({clip.voice for clip in clips}))}


def _align(wanted: Undertaking, report: Report) -> Facts:
    result = align_bank(wanted.work_dir, wanted.recipe.alignment, wanted.processes, report)
    return {"aligned": str(result.aligned), "outside": str(result.outside), "dropped": str(len(result.dropped))}


def _features(wanted: Undertaking, report: Report) -> Facts:
    return _shards(
        wanted, features_kind(wanted.work_dir, wanted.recipe.training.layers), wanted.recipe.features, report
    )


def _calls(wanted: Undertaking, report: Report) -> Facts:
    return _shards(wanted, calls_kind(wanted.work_dir, wanted.recipe.training.layers), wanted.recipe.calls, report)


def _shards(wanted: Undertaking, kind: ShardKind, recipe: FeaturesRecipe, report: Report) -> Facts:
    return {"shards": str(make_features(wanted.work_dir, kind, augmented, recipe, wanted.processes, report))}


def _train(wanted: Undertaking, report: Report) -> Facts:
    units = inventory(core_words(), read_lexicon())
    result = train(wanted.work_dir, units, wanted.recipe.training, shard_count(wanted.recipe.features), _told(report))
    return _facts(result)


def _people(wanted: Undertaking, report: Report) -> Facts:
    assert wanted.people_dir is not None
    cut_people(wanted.people_dir, wanted.work_dir, wanted.processes, report)
    clips = load_people(wanted.work_dir)
    hours = sum(len(clip.pcm) for clip in clips) / BANK_RATE_HZ / 3600
    return {"hours": f"{hours:.1f}", "people": str(len({clip.voice for clip in clips}))}


def _imitate(wanted: Undertaking, report: Report) -> Facts:
    assert wanted.from_model is not None
    recipe = wanted.recipe
    units = read_units(wanted.from_model / UNITS_FILE)
    calls = load_shards(calls_kind(wanted.work_dir, recipe.training.layers), units, 1)
    teacher = network_of(wanted.from_model, recipe.tuning, calls[0])
    return {"shards": str(make_imitation(wanted.work_dir, teacher, recipe.imitation, wanted.processes, report))}


def _tune(wanted: Undertaking, report: Report) -> Facts:
    recipe, shards = wanted.recipe, shard_count(wanted.recipe.calls)
    return _facts(tune(wanted.work_dir, recipe, shards, wanted.from_model, _imitation(wanted), _told(report)))


def _imitation(wanted: Undertaking) -> list[Shard]:
    count = shard_count(wanted.recipe.imitation)
    return load_imitation(wanted.work_dir, count) if wanted.people_dir is not None else []


def _told(report: Report) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        report(f"training, epoch {progress.epoch + 1}, loss {progress.loss:.3f}", progress.fraction)

    return tell


def _facts(result: TrainingReport) -> Facts:
    return {"hours": f"{result.hours:.1f}", "loss": f"{result.loss:.3f}", "accuracy": f"{100 * result.accuracy:.1f} %"}


def _sharpen(wanted: Undertaking, report: Report) -> Facts:
    def tell(progress: Progress) -> None:
        report(f"sharpening, criterion {progress.loss:.3f}", progress.fraction)

    recipe, shards = wanted.recipe, shard_count(wanted.recipe.calls)
    loss, accuracy = sharpen_network(wanted.work_dir, read_lexicon(), recipe, shards, _imitation(wanted), tell)
    return {"loss": f"{loss:.3f}", "accuracy": f"{100 * accuracy:.1f} %"}


def _people_told(facts: Facts) -> str:
    hours, people = facts.get("hours", "—"), facts.get("people", "—")
    return (
        f"\n- Real people take part without a text: {hours} hours of {people} people in other languages. What the\n"
        "  model before this one heard in their clean speech is what this one learned to hear in their calls."
    )


def _export(wanted: Undertaking, book: StageBook, report: Report) -> Facts:
    network, counts = load_network(tuning_dir(wanted.work_dir) / NETWORK_FILE)
    clips = read_index(wanted.work_dir / "speech")
    known = {"clips": str(len(clips)), "voices": str(len({clip.voice for clip in clips}))}
    known |= book.facts("sharpen") | {"tuned_hours": book.facts("tune").get("hours", "—")}
    carried_out = [stage.name for stage in stages(wanted, book)][:-1]
    known |= {"minutes": ", ".join(f"{name} {book.minutes(name)}" for name in carried_out)}
    known |= {"cores": str(wanted.processes)}
    known["begun"] = (
        f"The head was trained first, on {book.facts('train').get('hours', '—')} hours, over frozen layers."
        if wanted.from_model is None
        else "The training went on from a finished model of this kind, whose head and layers were trained before."
    )
    known["people"] = _people_told(book.facts("people")) if wanted.people_dir is not None else ""
    measured = wanted.measured_file.read_text(encoding="utf-8") if wanted.measured_file else NOT_MEASURED
    units = read_units(tuning_dir(wanted.work_dir) / UNITS_FILE)
    export(wanted.model_dir, network, counts, units, read_lexicon(), wanted.recipe, known, measured)
    report("written", 1.0)
    megabytes = sum(file.stat().st_size for file in wanted.model_dir.rglob("*") if file.is_file()) / 1e6
    return {"megabytes": f"{megabytes:.1f}"}
