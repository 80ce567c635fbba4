import numpy as np
import pytest

from asr_models.trainer import korean_model
from asr_models.trainer.kaldi_format import KaldiFormatError, Nnet, read_nnet
from asr_models.trainer.korean_model import LAST_FACTORISED_LAYER, KoreanModelMissing, locate_model, trunk_weights
from tests.asr_models.trainer.small_korean_model import WIDTH, small_korean_mdl


def test_the_layers_come_without_their_ivector_inputs() -> None:
    weights = trunk_weights(read_nnet(small_korean_mdl()))
    assert weights.lda.weights.shape == (6, 120)
    assert weights.lda.offsets_frames == (-1, 0, 1)
    assert len(weights.factorised) == LAST_FACTORISED_LAYER - 1  # from the second on


def test_factorised_layers_know_which_frames_they_look_at() -> None:
    layers = trunk_weights(read_nnet(small_korean_mdl())).factorised
    looks = [(layer.bottleneck.offsets_frames, layer.affine.offsets_frames) for layer in layers]
    assert looks[0] == ((-1, 0), (0, 1))
    assert looks[3] == ((0,), (0,))
    assert looks[4] == ((-3, 0), (0, 3))


def test_a_bottleneck_without_bias_has_none() -> None:
    layer = trunk_weights(read_nnet(small_korean_mdl())).factorised[0]
    assert layer.bottleneck.bias is None
    assert layer.affine.bias is not None


def test_normalisation_is_the_one_of_a_network_at_work() -> None:
    network = read_nnet(small_korean_mdl())
    numbers = network.components["tdnn1.batchnorm"].parameters
    normalisation = trunk_weights(network).first_normalisation
    x = np.linspace(-1, 1, WIDTH)
    expected = (x - numbers["StatsMean"]) / np.sqrt(numbers["StatsVar"] + 1e-3)
    np.testing.assert_allclose(x * normalisation.scale + normalisation.shift, expected, rtol=1e-5)


def test_a_missing_layer_is_named() -> None:
    network = read_nnet(small_korean_mdl())
    without = {name: part for name, part in network.components.items() if name != "tdnnf7.affine"}
    with pytest.raises(KaldiFormatError, match=r"tdnnf7\.affine"):
        trunk_weights(Nnet(network.config, without))


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(korean_model, "PACKAGE", "no-such-package-anywhere")
    with pytest.raises(KoreanModelMissing, match=r"requirements\.txt"):
        locate_model()
