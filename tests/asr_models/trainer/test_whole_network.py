from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asr_models.graphs.units import Units
from asr_models.trainer.kaldi_format import KaldiFormatError, acoustic_model, read_nnet, transition_model
from asr_models.trainer.korean_model import TrunkWeights, trunk_weights
from asr_models.trainer.labels import IGNORED
from asr_models.trainer.recipe import ExportRecipe, TuningRecipe
from asr_models.trainer.windows import Shard
from asr_models.trainer.word_loop import LoopWord, WordLoop
from tests.asr_models.trainer.nnet3_in_numpy import Nnet3
from tests.asr_models.trainer.small_korean_model import CEPSTRA, WIDTH, small_korean_mdl

torch = pytest.importorskip("torch", reason="PyTorch is in the trainer's own environment only")

from asr_models.trainer.cepstra import padded_cepstra  # noqa: E402
from asr_models.trainer.export import acoustic_model_of  # noqa: E402
from asr_models.trainer.finished_model import network_of  # noqa: E402
from asr_models.trainer.fitting import Schedule, evaluate, fit  # noqa: E402
from asr_models.trainer.head import Head, HeadShape  # noqa: E402
from asr_models.trainer.network import likelihood_scales, network  # noqa: E402
from asr_models.trainer.sharpening import between, sharpen  # noqa: E402
from asr_models.trainer.trunk import Trunk, TrunkLayers  # noqa: E402
from asr_models.trainer.whole_network import WholeNetwork  # noqa: E402
from tests.asr_models.trainer.test_sharpening import RECIPE  # noqa: E402

torch.set_num_threads(1)  # several wait for one another longer than they compute

UNITS = Units(("SIL", "a", "GBG"), ())
KOREAN = read_nnet(small_korean_mdl())
SCHEDULE = Schedule(epochs=6, learning_rate=0.02, last_learning_rate=0.01, window=8, batch=4, warm_up_steps=2)


def whole(trunk_share: float = 0.0, seed: int = 1) -> WholeNetwork:
    torch.manual_seed(seed)
    head = Head(HeadShape(WIDTH, 4, 8, 2, UNITS.pdf_count))
    head.normalise_inputs(np.random.default_rng(2).standard_normal((50, WIDTH)).astype(np.float16))
    return WholeNetwork(TrunkLayers(trunk_weights(KOREAN)), head, trunk_share)


def cepstra(frames: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((frames, CEPSTRA)).astype(np.float16).astype(np.float32)


def speech(frames: int = 1800) -> Shard:
    """Frames whose class is the largest of a few cepstra."""
    heard, margin = cepstra(frames), whole().margin
    kept = padded_cepstra(heard, margin)
    labels = np.full(len(kept), IGNORED, np.int64)
    labels[margin:-margin] = heard[::3, : UNITS.pdf_count].argmax(axis=1)
    return Shard(kept, labels)


def numbers(weights: TrunkWeights) -> list[np.ndarray]:
    return [weights.first.weights, *(layer.affine.weights for layer in weights.factorised)]


@pytest.mark.parametrize("frames", [30, 31, 32])
def test_it_scores_cepstra_as_the_head_scores_the_korean_layers_outputs(frames: int) -> None:
    heard, network = cepstra(frames), whole().eval()
    with torch.inference_mode():
        ours = network(torch.from_numpy(padded_cepstra(heard, network.margin).astype(np.float32))[None])[0]
    outputs = Trunk(trunk_weights(KOREAN), network.head.margin)(heard).astype(np.float32)
    theirs = network.head.eval()(torch.from_numpy(outputs)[None])[0].detach()
    assert len(ours) == -(-frames // 3)
    torch.testing.assert_close(ours, theirs, rtol=2e-2, atol=2e-2)


def test_the_korean_layers_learn_only_when_they_are_given_a_share() -> None:
    before = [values.copy() for values in numbers(whole().trunk.weights())]
    frozen = numbers(fit(whole(), [speech()], SCHEDULE).trunk.weights())
    tuned = numbers(fit(whole(trunk_share=0.5), [speech()], SCHEDULE).trunk.weights())
    assert all(np.array_equal(now, then) for now, then in zip(frozen, before, strict=True))
    assert not any(np.array_equal(now, then) for now, then in zip(tuned, before, strict=True))


def test_all_layers_together_learn_more_than_the_head() -> None:
    schedule = replace(SCHEDULE, epochs=30, learning_rate=0.005, last_learning_rate=0.002)  # more undoes the layers
    head_alone = evaluate(fit(whole(), [speech()], schedule), speech())
    together = evaluate(fit(whole(trunk_share=1.0), [speech()], schedule), speech())
    assert together[0] < head_alone[0] - 0.05


def test_kaldi_is_given_the_trained_numbers_of_all_layers() -> None:
    trained = fit(whole(trunk_share=0.5), [speech()], SCHEDULE).eval()
    counts, recipe = np.arange(1, UNITS.pdf_count + 1) * 100, ExportRecipe()
    weights = trained.trunk.weights()
    exported = network(KOREAN, weights, trained.head.layers_for_export(), counts, UNITS, recipe)
    heard = cepstra(40)
    kaldi = Nnet3(read_nnet(acoustic_model(transition_model([(0, 1)]), exported)), heard)
    scales, offsets = likelihood_scales(counts, UNITS, recipe)
    ours = trained.head.log_probabilities(Trunk(weights, trained.head.margin)(heard)) * scales + offsets
    expected = np.stack([kaldi.at("output", 3 * output) for output in range(len(ours))])
    np.testing.assert_allclose(ours, expected, rtol=2e-3, atol=2e-2)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A model's folder with a tuned network's acoustic model."""
    trained = fit(whole(trunk_share=0.5), [speech()], SCHEDULE).eval()
    counts, layers = np.ones(UNITS.pdf_count, np.int64), trained.head.layers_for_export()
    content = network(KOREAN, trained.trunk.weights(), layers, counts, UNITS, ExportRecipe())
    file = acoustic_model_of(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(acoustic_model(transition_model([(0, 1)]), content))
    torch.save(trained, tmp_path / "trained.pt")
    return tmp_path


def test_a_finished_model_is_the_network_again_that_it_was_made_of(finished: Path) -> None:
    trained = torch.load(finished / "trained.pt", weights_only=False)
    again = network_of(finished, TuningRecipe(), speech()).eval()
    heard = torch.from_numpy(padded_cepstra(cepstra(90), again.margin).astype(np.float32))[None]
    with torch.inference_mode():
        torch.testing.assert_close(again(heard), trained(heard), rtol=1e-3, atol=1e-3)


def test_a_finished_model_goes_on_learning_from_where_it_was(finished: Path) -> None:
    recipe = TuningRecipe(input_dropout=0.0, dropout=0.0)
    again = network_of(finished, recipe, speech())
    before, told = evaluate(again, speech()), []
    schedule = replace(SCHEDULE, learning_rate=1e-3, last_learning_rate=5e-4)
    trained = fit(again, [speech()], schedule, report=lambda progress: told.append(progress.loss))
    assert told[0] == pytest.approx(before[0], abs=0.1)  # in training the normalisations go by the batch
    assert evaluate(trained, speech())[0] < before[0]


def test_a_foreign_network_is_refused(tmp_path: Path) -> None:
    file = acoustic_model_of(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_bytes(small_korean_mdl())
    with pytest.raises(KaldiFormatError, match="Russian head"):
        network_of(tmp_path, TuningRecipe(), speech())


def test_numbers_of_another_shape_are_refused() -> None:
    weights = trunk_weights(KOREAN)
    wrong = replace(weights, first=replace(weights.first, weights=weights.first.weights[:, :-1]))
    with pytest.raises(KaldiFormatError, match=r"tdnn1\.affine"):
        network(KOREAN, wrong, [], np.ones(UNITS.pdf_count, np.int64), UNITS, ExportRecipe())


def test_whole_sequences_teach_it_too() -> None:
    words = [LoopWord(((2, 3),), np.log(0.5)), LoopWord(((4, 4),), np.log(0.5))]
    loop = WordLoop(words, silence=(0, 1), pdfs=UNITS.pdf_count, silence_probability=0.5)
    flat = (np.ones(UNITS.pdf_count), np.zeros(UNITS.pdf_count))
    start, criteria = whole(trunk_share=0.5), []
    with ThreadPoolExecutor(1) as pool:
        sharpen(start, [speech()], loop, flat, RECIPE, pool, report=lambda progress: criteria.append(progress.loss))
    assert criteria[-1] < criteria[0]


def test_a_share_of_the_way_lies_between_start_and_end() -> None:
    start, end = whole(seed=1), whole(seed=4)
    assert torch.equal(between(start, end, 0.0).head.output.weight, start.head.output.weight)
    assert torch.equal(between(start, end, 1.0).head.output.weight, end.head.output.weight)
    middle = between(start, end, 0.5).head.output.weight
    torch.testing.assert_close(middle, (start.head.output.weight + end.head.output.weight) / 2)
