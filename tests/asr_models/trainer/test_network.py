import numpy as np
import pytest

from asr_models.graphs.units import Units
from asr_models.trainer.kaldi_format import acoustic_model, read_nnet, transition_model
from asr_models.trainer.korean_model import LAST_FACTORISED_LAYER, trunk_weights
from asr_models.trainer.recipe import ExportRecipe
from tests.asr_models.trainer.nnet3_in_numpy import Nnet3
from tests.asr_models.trainer.small_korean_model import CEPSTRA, WIDTH, small_korean_mdl

torch = pytest.importorskip("torch")

from asr_models.trainer.head import Head, HeadShape  # noqa: E402
from asr_models.trainer.network import likelihood_scales, network  # noqa: E402
from asr_models.trainer.trunk import Trunk  # noqa: E402

torch.set_num_threads(1)  # several wait for one another longer than they compute

UNITS = Units(("SIL", "a", "n", "n@один", "GBG"), ("один",))


def trained_head(layers: int = 3) -> Head:
    torch.manual_seed(1)
    head = Head(HeadShape(WIDTH, 4, 7, layers, UNITS.pdf_count))
    head.normalise_inputs(np.random.default_rng(2).standard_normal((50, WIDTH)).astype(np.float16))
    for normalisation in head.normalisations:
        normalisation.running_mean.uniform_(0, 0.4)
        normalisation.running_var.uniform_(0.5, 2)
        torch.nn.init.uniform_(normalisation.weight, 0.5, 1.5)
        torch.nn.init.uniform_(normalisation.bias, -0.5, 0.5)
    return head.eval()


def features(frames: int) -> np.ndarray:
    return np.random.default_rng(3).standard_normal((frames, CEPSTRA)).astype(np.float32)


@pytest.mark.parametrize("frames", [13, 29, 30, 31])
def test_the_trunk_gives_what_kaldi_gives_at_every_third_frame(frames: int) -> None:
    korean = read_nnet(small_korean_mdl())
    heard = features(frames)
    ours = Trunk(trunk_weights(korean), margin=2)(heard)
    without_ivector = korean.config[2].replace(", ReplaceIndex(ivector, t, 0)", "")
    lda = korean.components["lda"]
    narrow = type(lda)(
        lda.name, lda.kind, lda.content, lda.parameters | {"LinearParams": lda.parameters["LinearParams"][:, :120]}
    )
    known = type(korean)((*korean.config[:2], without_ivector, *korean.config[3:]), korean.components | {"lda": narrow})
    kaldi = Nnet3(known, heard)
    outputs, last = -(-frames // 3), f"tdnnf{LAST_FACTORISED_LAYER}.noop"
    expected = np.stack([kaldi.at(last, 3 * output) for output in range(-2, outputs + 2)])
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=2e-3, atol=2e-2)


def test_the_exported_network_says_what_pytorch_says() -> None:
    korean = read_nnet(small_korean_mdl())
    head, recipe = trained_head(), ExportRecipe(garbage_scale=0.7, garbage_offset=1.1)
    counts = np.arange(1, UNITS.pdf_count + 1) * 100
    exported = network(korean, trunk_weights(korean), head.layers_for_export(), counts, UNITS, recipe)
    model = read_nnet(acoustic_model(transition_model([(0, 1)]), exported))
    heard = features(40)
    scales, offsets = likelihood_scales(counts, UNITS, recipe)
    trunk_outputs = Trunk(trunk_weights(korean), head.margin)(heard)
    ours = head.log_probabilities(trunk_outputs) * scales + offsets
    kaldi = Nnet3(model, heard)
    expected = np.stack([kaldi.at("output", 3 * output) for output in range(len(ours))])
    np.testing.assert_allclose(ours, expected, rtol=2e-3, atol=2e-2)


def test_garbage_is_scored_by_its_own_scale_and_offset_and_silence_by_a_smaller_share() -> None:
    counts = np.array([400, 400, 20, 20, 20, 20, 20, 20, 80])
    recipe = ExportRecipe(silence_prior=0.08, garbage_scale=0.5, garbage_offset=2.0)
    scales, offsets = likelihood_scales(counts, UNITS, recipe)
    assert scales.tolist() == [1.0] * 8 + [0.5]
    assert offsets[0] == pytest.approx(-np.log(0.04))
    assert offsets[2] == pytest.approx(-np.log(0.02))
    assert offsets[8] == pytest.approx(-0.5 * np.log(0.08) + 2.0)


def test_a_class_nobody_said_is_not_taken_for_a_certain_one() -> None:
    counts = np.array([500, 500, 0, 0, 20, 20, 20, 20, 80])
    _, offsets = likelihood_scales(counts, UNITS, ExportRecipe(smallest_prior=1e-3))
    assert offsets[2] == pytest.approx(-np.log(1e-3))
