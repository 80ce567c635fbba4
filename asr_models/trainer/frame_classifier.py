"""What the stages train: a network that says what every output frame is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True)
class Pace:
    """Parameters that learn at a pace of their own."""

    parameters: tuple[nn.Parameter, ...]
    share: float  # of the schedule's learning rate


class FrameClassifier(nn.Module, ABC):
    """Takes [windows, outputs + 2 * margin, inputs], gives scores before the softmax: [windows, outputs, classes]."""

    @property
    @abstractmethod
    def margin(self) -> int:
        """How many outputs it sees on either side."""

    @abstractmethod
    def paces(self) -> tuple[Pace, ...]:
        """Give all that is trained, by its pace."""

    @abstractmethod
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score every frame that is `margin` away from the edges."""
