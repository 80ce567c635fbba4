import struct

import numpy as np
import pytest

from asr_models.trainer.kaldi_format import (
    KaldiFormatError,
    acoustic_model,
    affine,
    nnet,
    nonlinearity,
    per_class,
    read_nnet,
    transition_model,
)


def small_model() -> bytes:
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    components = [
        affine("a", weights, np.array([0.5, -0.5])),
        nonlinearity("soft", "LogSoftmaxComponent", 2),
        per_class("bias", "FixedBiasComponent", np.array([1.0, 2.0])),
    ]
    config = ["input-node name=input dim=3", "component-node name=a component=a input=input"]
    return acoustic_model(transition_model([(0, 1), (2, 2)]), nnet(config, components))


def test_what_is_written_is_read_back() -> None:
    network = read_nnet(small_model())
    assert network.config[0] == "input-node name=input dim=3"
    assert [part.kind for part in network.components.values()] == [
        "AffineComponent",
        "LogSoftmaxComponent",
        "FixedBiasComponent",
    ]
    np.testing.assert_array_equal(network.components["a"].parameters["LinearParams"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(network.components["a"].parameters["BiasParams"], [0.5, -0.5])
    np.testing.assert_array_equal(network.components["bias"].parameters["Bias"], [1, 2])


def test_components_keep_their_bytes() -> None:
    content = small_model()
    for part in read_nnet(content).components.values():
        assert part.content in content


def test_a_network_cut_short_is_refused() -> None:
    content = small_model()
    with pytest.raises(KaldiFormatError):
        read_nnet(content[: content.index(b"</Nnet3>")])
    with pytest.raises(KaldiFormatError):
        read_nnet(b"\0B<TransitionModel> ")


def test_a_lost_component_is_noticed() -> None:
    content = small_model()
    start, end = content.index(b"<ComponentName> soft"), content.index(b"<ComponentName> bias")
    with pytest.raises(KaldiFormatError, match="3 components are announced, 2 found"):
        read_nnet(content[:start] + content[end:])


def test_the_model_begins_and_ends_as_vosks_check_wants() -> None:
    content = small_model()
    assert content.startswith(b"\0B<TransitionModel> ")
    assert content.endswith(b"<Priors> FV \x04" + struct.pack("<i", 0))


def test_every_phone_has_its_first_and_its_looping_pdf() -> None:
    content = transition_model([(0, 1), (2, 2)])
    start = content.index(b"<Tuples> ") + len(b"<Tuples> ")
    numbers = [struct.unpack_from("<i", content, start + 5 * index + 1)[0] for index in range(9)]
    assert numbers == [2, 1, 0, 0, 1, 2, 0, 2, 2]  # how many; then phone, state, first frame's pdf, loop's pdf
