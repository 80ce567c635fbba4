"""Every number of the recipe that the acoustic stages go by; the texts and voices have theirs beside them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AlignmentRecipe:
    """How the clean clips are aligned: a small head over generic phones, trained from an even split."""

    bottleneck: int = 128
    width: int = 192
    layers: int = 2
    rounds: int = 3
    epochs_a_round: int = 3
    training_hours: float = 2.5  # clips beyond these are aligned, not trained on
    learning_rate: float = 2e-3
    last_learning_rate: float = 5e-4
    prior_scales: tuple[float, ...] = (1.0, 1.0, 0.7)  # a round
    floor: float = -12.0  # scaled log-likelihoods below it count as this
    outside_speech_penalty: float = 20.0  # for any phone where the clip is silent
    lowest_score: float = -4.0  # a frame: clips below it were misread by the synthesiser
    noise_level: float = 1e-3  # of full scale, under the clean speech: digital silence has no spectrum


@dataclass(frozen=True, slots=True)
class FeaturesRecipe:
    """How much augmented speech there is and how it is cut into files."""

    hours: float = 20.0
    shard_hours: float = 0.5
    seed: int = 11


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """The Russian head and how it is trained."""

    bottleneck: int = 192
    width: int = 512
    layers: int = 4
    input_dropout: float = 0.1
    dropout: float = 0.15
    label_smoothing: float = 0.0
    silence_weight: float = 0.3  # of a silent frame in the loss: half of all frames are silent and easily told
    epochs: int = 8
    window_outputs: int = 64  # a training example: 1.9 s
    batch_windows: int = 64
    learning_rate: float = 2e-3
    last_learning_rate: float = 2e-5
    limit_minutes: float = 60.0  # the learning rate has come down by then, even if epochs are left
    warm_up_steps: int = 200
    weight_decay: float = 1e-2
    average_decay: float = 0.999  # exponential moving average of the weights
    gradient_norm: float = 5.0
    seed: int = 5


@dataclass(frozen=True, slots=True)
class TuningRecipe(TrainingRecipe):
    """How the head and the Korean layers are trained on together."""

    epochs: int = 2
    learning_rate: float = 8e-4
    last_learning_rate: float = 1e-5
    trunk_share: float = 0.25  # the Korean layers' share of the learning rate
    limit_minutes: float = 75.0
    seed: int = 9


def _going_on() -> TuningRecipe:
    """Tune a network that was tuned before: it is nearer its goal, a rate of 1e-3 undoes what it knows."""
    return TuningRecipe(
        window_outputs=128,
        batch_windows=16,
        learning_rate=3e-4,
        trunk_share=0.5,
        input_dropout=0.05,
        dropout=0.05,
        weight_decay=5e-3,
    )


@dataclass(frozen=True, slots=True)
class SharpeningRecipe:
    """How the head is trained on by whole sequences."""

    kept_share: float = 1.0  # of the way from the tuned to the sharpened numbers
    epochs: float = 1.0
    limit_minutes: float = 50.0
    learning_rate: float = 2e-4
    last_learning_rate: float = 2e-5
    cross_entropy_weight: float = 0.1
    imitation_every: int = 5  # steps
    imitation_weight: float = 0.3
    silence_probability: float = 0.5
    window_outputs: int = 64
    batch_windows: int = 48
    average_decay: float = 0.995
    gradient_norm: float = 5.0
    seed: int = 21


@dataclass(frozen=True, slots=True)
class ExportRecipe:
    """What the decoder is told about the head's outputs."""

    silence_prior: float = 0.2  # at most: what silence counts as, whatever its share of the training
    smallest_prior: float = 1e-4
    garbage_scale: float = 1.0  # score of GBG: scale * (log p - log prior) + offset
    garbage_offset: float = 1.2
    digits_word_penalty: float = 0.0  # sequence training makes words dear, below 0 less so; below -2 lattices burst
    phrases_word_penalty: float = -0.8
    digits_unknown_cost: float = 15.0  # long numbers of strangers are no unknown speech
    phrases_unknown_cost: float = 2.5  # to enter unknown speech: short words stay words, long nonsense stays unknown
    acoustic_scale: float = 0.3
    beam: float = 13.0
    lattice_beam: float = 4.0
    digits_lattice_beam: float = 5.0  # wide enough for several readings of a number
    min_active: int = 200
    max_active: int = 3000
    frames_per_chunk: int = 24  # computed at once: 12 cost half as much time again, 48 would keep partial results back
    trailing_silence_seconds: tuple[float, float, float] = (1.0, 1.5, 2.5)  # end-point rules 2, 3 and 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """All stages' numbers."""

    alignment: AlignmentRecipe = field(default_factory=AlignmentRecipe)
    features: FeaturesRecipe = field(default_factory=FeaturesRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)
    calls: FeaturesRecipe = field(default_factory=lambda: FeaturesRecipe(hours=30.0, seed=41))
    tuning: TuningRecipe = field(default_factory=TuningRecipe)
    imitation: FeaturesRecipe = field(default_factory=lambda: FeaturesRecipe(hours=12.0, seed=91))
    going_on: TuningRecipe = field(default_factory=_going_on)  # in place of `tuning` for a finished model
    sharpening: SharpeningRecipe = field(default_factory=SharpeningRecipe)
    export: ExportRecipe = field(default_factory=ExportRecipe)
