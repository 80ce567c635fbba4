"""Stage `export`: the model folder that Vosk loads, one network under two graphs."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from asr_models.graphs.lexicon import Lexicon
from asr_models.graphs.phone_table import phone_table
from asr_models.graphs.units import Units
from asr_models.graphs.word_graph import GraphOptions
from asr_models.trainer.kaldi_format import acoustic_model, transition_model
from asr_models.trainer.korean_model import load_korean
from asr_models.trainer.labels import Labels
from asr_models.trainer.mfcc import MFCC_OPTIONS
from asr_models.trainer.model_graphs import write_model_graphs
from asr_models.trainer.network import network
from asr_models.trainer.recipe import ExportRecipe, Recipe
from asr_models.trainer.whole_network import WholeNetwork

PHRASES, DIGITS = "phrases", "digits"
_CARD = Path(__file__).parent / "model_card.md"
_NOTICE = Path(__file__).parent / "model_notice.txt"
NOT_MEASURED = "Not measured yet."


def acoustic_model_of(folder: Path) -> Path:
    """Name the file of a model folder's network."""
    return folder / PHRASES / "am" / "final.mdl"


def export(
    folder: Path,
    whole: WholeNetwork,
    counts: Labels,
    units: Units,
    lexicon: Lexicon,
    recipe: Recipe,
    facts: Mapping[str, str],
    measured: str = NOT_MEASURED,
) -> None:
    """Write the model folder anew.

    Args:
        folder: what to write; what is there goes.
        whole: the trained network.
        counts: how often each class was seen in training.
        units: the inventory it was trained with.
        lexicon: how the words sound.
        recipe: the numbers.
        facts: what the model card says of the training.
        measured: a Markdown table of what was measured.

    Raises:
        ToolsMissing: OpenFst's programs are not installed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for graph in (PHRASES, DIGITS):
        (folder / graph / "conf").mkdir(parents=True)
        _write(folder / graph / "conf" / "mfcc.conf", mfcc_conf())
        lattice_beam = recipe.export.digits_lattice_beam if graph == DIGITS else recipe.export.lattice_beam
        _write(folder / graph / "conf" / "model.conf", model_conf(recipe.export, lattice_beam))
    write_model_graphs(
        folder,
        units,
        lexicon,
        phrases=GraphOptions(recipe.export.phrases_word_penalty, recipe.export.phrases_unknown_cost),
        digits=GraphOptions(
            recipe.export.digits_word_penalty, recipe.export.digits_unknown_cost, core_words_share=True
        ),
    )
    (folder / PHRASES / "am").mkdir()
    acoustic_model_of(folder).write_bytes(final_mdl(whole, counts, units, recipe.export))
    (folder / DIGITS / "am").symlink_to(Path("..") / PHRASES / "am")
    _write(folder / "README.md", model_card(recipe, units, lexicon, facts, measured))
    _write(folder / "NOTICE", _NOTICE.read_text(encoding="utf-8"))
    _write(folder / "SHA256SUMS", "".join(_checksums(folder)))


def final_mdl(whole: WholeNetwork, counts: Labels, units: Units, recipe: ExportRecipe) -> bytes:
    """Write the acoustic model."""
    phones = phone_table(units)
    transitions = transition_model(list(zip(phones.forward_pdfs, phones.selfloop_pdfs, strict=True)))
    head = whole.head.layers_for_export()
    return acoustic_model(transitions, network(load_korean(), whole.trunk.weights(), head, counts, units, recipe))


def mfcc_conf() -> str:
    """Write the features' options."""
    return "".join(f"--{name}={value}\n" for name, value in MFCC_OPTIONS.items())


def model_conf(recipe: ExportRecipe, lattice_beam: float) -> str:
    """Write the decoder's options."""
    options: dict[str, object] = {
        "min-active": recipe.min_active,
        "max-active": recipe.max_active,
        "beam": recipe.beam,
        "lattice-beam": lattice_beam,
        "acoustic-scale": recipe.acoustic_scale,
        "frame-subsampling-factor": 3,
        "frames-per-chunk": recipe.frames_per_chunk,
        "endpoint.silence-phones": 1,
    }
    for rule, seconds in enumerate(recipe.trailing_silence_seconds, start=2):
        options[f"endpoint.rule{rule}.min-trailing-silence"] = seconds
    return "".join(f"--{name}={value}\n" for name, value in options.items())


def model_card(
    recipe: Recipe, units: Units, lexicon: Lexicon, facts: Mapping[str, str], measured: str = NOT_MEASURED
) -> str:
    """Fill the model card in."""
    numbers = {
        "words": str(len(lexicon)),
        "core_words": str(len(units.core_words)),
        "units": str(len(units)),
        "width": str(recipe.training.width),
        "bottleneck": str(recipe.training.bottleneck),
        "layers": str(recipe.training.layers),
        "trunk_share": f"{recipe.tuning.trunk_share:g}",
        "kept_share": f"{100 * recipe.sharpening.kept_share:g} %",
        "digits_word_penalty": f"{recipe.export.digits_word_penalty:g}",
        "phrases_word_penalty": f"{recipe.export.phrases_word_penalty:g}",
        "measured": measured.strip(),
    }
    return Template(_CARD.read_text(encoding="utf-8")).substitute(numbers | dict(facts))


def _checksums(folder: Path) -> Iterator[str]:
    for graph in (PHRASES, DIGITS):
        files = [folder / graph / "am" / "final.mdl", *(path for path in (folder / graph).rglob("*") if path.is_file())]
        for file in sorted(set(files)):
            yield f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n"
    for name in ("lexicon.tsv", "units.json"):
        yield f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
