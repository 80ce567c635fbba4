"""The Korean layers and the Russian head as one network, from cepstra to classes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from asr_models.trainer.frame_classifier import FrameClassifier, Pace
from asr_models.trainer.head import Head, HeadShape
from asr_models.trainer.korean_model import CEPSTRA, load_korean, trunk_weights
from asr_models.trainer.labels import Labels
from asr_models.trainer.trunk import SUBSAMPLING, TrunkLayers


class WholeNetwork(FrameClassifier):
    """Takes [windows, outputs + 2 * margin, 3 * 40] and gives [windows, outputs, classes].

    Args:
        trunk: the Korean layers.
        head: the Russian layers over them.
        trunk_share: the Korean layers' share of the learning rate; at 0 they keep their numbers.
    """

    def __init__(self, trunk: TrunkLayers, head: Head, trunk_share: float = 0.0) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head
        self._trunk_share = trunk_share

    @property
    def margin(self) -> int:
        """How many outputs the layers see on either side."""
        return whole_margin(self.trunk, self.head.margin)

    def paces(self) -> tuple[Pace, ...]:
        """Train the Korean layers more slowly, or not at all."""
        head = Pace(tuple(self.head.parameters()), 1.0)
        if not self._trunk_share:
            return (head,)
        trunk = (parameter for parameter in self.trunk.parameters() if parameter.requires_grad)
        return head, Pace(tuple(trunk), self._trunk_share)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score every output that is `margin` away from the edges."""
        scores: torch.Tensor = self.head(self._heard(x))
        return scores

    def normalise_anew(self, sample: NDArray[np.float32]) -> None:
        """Let the head's normalisations take mean and spread from a sample [outputs, 3 * 40]; the scores stay."""
        with torch.no_grad():
            self.head.normalise_anew(self._heard(torch.from_numpy(sample)[None]))

    def _heard(self, x: torch.Tensor) -> torch.Tensor:
        frames = x.flatten(1).view(len(x), -1, CEPSTRA)
        unseen = SUBSAMPLING * (self.margin - self.head.margin) - self.trunk.reach_frames
        outputs = x.shape[1] - 2 * self.margin
        with torch.set_grad_enabled(torch.is_grad_enabled() and self._trunk_share > 0):
            heard: torch.Tensor = self.trunk(frames[:, unseen:])[:, : outputs + 2 * self.head.margin]
        return heard


def whole_margin(trunk: TrunkLayers, head_margin: int) -> int:
    """Say how many whole outputs a network sees on either side."""
    return head_margin - (-trunk.reach_frames // SUBSAMPLING)


def korean_layers() -> TrunkLayers:
    """Make the Korean layers as they come.

    Raises:
        KoreanModelMissing: says what to install.
    """
    return TrunkLayers(trunk_weights(load_korean()))


def save_network(file: Path, network: WholeNetwork, counts: Labels) -> None:
    """Save a network and how often each class was seen."""
    content = {"state": network.state_dict(), "shape": asdict(network.head.shape), "counts": torch.from_numpy(counts)}
    torch.save(content, file)


def load_network(
    file: Path, *, trunk_share: float = 0.0, input_dropout: float = 0.0, dropout: float = 0.0
) -> tuple[WholeNetwork, Labels]:
    """Load a saved network, to be exported or trained on, and how often each class was seen."""
    saved = torch.load(file, weights_only=True)
    head = Head(HeadShape(**saved["shape"]), input_dropout=input_dropout, dropout=dropout)
    network = WholeNetwork(korean_layers(), head, trunk_share)
    network.load_state_dict(saved["state"])
    return network, saved["counts"].numpy()
