"""All the ways the vocabulary can fill an utterance, summed: what sequence training holds the right way against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FAR_BELOW = -15.0  # scores further below the frame's best count as this
_LARGEST = np.float32(1e20)  # of what follows hopeless states: their share is nothing all the same


@dataclass(frozen=True, slots=True)
class LoopWord:
    """One pronunciation of a word."""

    states: tuple[tuple[int, int], ...]  # per unit: pdf of its first frame, pdf of the frames after it
    log_probability: float  # of the word, its penalty included


@dataclass(slots=True)
class _Node:
    first: int
    loop: int
    children: dict[tuple[int, int], "_Node"]
    exit_probability: float = 0.0


class WordLoop:
    """A loop of words over a prefix tree, optional silence between them, as the decoding graph has it.

    Every unit has two states: its first frame and, looping, those after it. An excerpt may begin and end anywhere, in
    the middle of a word too. Sums run in the probability domain, scaled at each frame, over excerpts of one length.
    """

    def __init__(
        self, words: Iterable[LoopWord], *, silence: tuple[int, int], pdfs: int, silence_probability: float
    ) -> None:
        """Build the tree; `silence` holds silence's two pdfs, `pdfs` is the number of scores a frame has."""
        root = _Node(-1, -1, {})
        for word in words:
            node = root
            for pair in word.states:
                node = node.children.setdefault(pair, _Node(*pair, {}))
            node.exit_probability += float(np.exp(word.log_probability))
        levels: list[list[tuple[int, _Node]]] = []  # (number of the parent, node); parents before children
        parents: list[int] = []
        nodes: list[_Node] = []
        level = [(-1, child) for child in root.children.values()]
        while level:
            levels.append(level)
            below: list[tuple[int, _Node]] = []
            for parent, node in level:
                below += [(len(nodes), child) for child in node.children.values()]
                parents.append(parent)
                nodes.append(node)
            level = below
        self._roots = len(root.children)  # the first nodes
        self._parents = np.array(parents[self._roots :], dtype=np.int64)  # sorted: children of a node lie side by side
        self._child_starts = np.flatnonzero(np.diff(self._parents, prepend=-1)) if len(self._parents) else None
        self._first = np.array([node.first for node in nodes], dtype=np.int64)
        self._loop = np.array([node.loop for node in nodes], dtype=np.int64)
        self._exit = np.array([node.exit_probability for node in nodes], dtype=np.float32)[:, None]
        self._by_first, self._by_loop = _Grouping.of(self._first), _Grouping.of(self._loop)
        self._silence = silence
        self._silence_probability = silence_probability
        self._pdfs = pdfs

    @property
    def states(self) -> int:
        """Return how many nodes the tree has; each has two states."""
        return len(self._first)

    def occupancy(self, scores: Floats) -> tuple[Floats, Floats]:
        """Sum over all paths.

        Args:
            scores: [frames, pdfs, excerpts], scaled log likelihoods.

        Returns:
            Log of the sum for each excerpt [excerpts], and the share of the paths that are in each pdf
            [frames, pdfs, excerpts].
        """
        frames, _, excerpts = scores.shape
        shift = scores.max(axis=1, keepdims=True)
        likelihood = np.exp(np.maximum(scores - shift, _FAR_BELOW))
        ahead = [_Frame.empty(self.states, excerpts) for _ in range(frames)]
        scales = np.empty((frames, excerpts), dtype=np.float64)
        hub = np.ones(excerpts, dtype=np.float32)
        previous: _Frame | None = None
        for t in range(frames):
            now = ahead[t]
            self._advance(previous, hub, likelihood[t], now)
            scale = now.first.sum(0) + now.loop.sum(0) + now.silence.sum(0) + np.float32(1e-30)
            now.scale(1 / scale)
            scales[t] = scale
            hub = (self._exit * (now.first + now.loop)).sum(0) + now.silence.sum(0)
            previous = now
        assert previous is not None
        final = previous.first.sum(0) + previous.loop.sum(0) + previous.silence.sum(0) + np.float32(1e-30)
        log_sums = np.log(scales).sum(0) + shift[:, 0].sum(0, dtype=np.float64) + np.log(final)
        return log_sums.astype(np.float32), self._look_back(likelihood, ahead, scales, final)

    def _advance(self, previous: "_Frame | None", hub: Floats, likelihood: Floats, now: "_Frame") -> None:
        entering = hub if previous is None else hub - previous.silence.sum(0)  # silence leads to words, not to silence
        after_silence = 0.0 if previous is None else previous.silence.sum(0)
        first, loop = likelihood[self._first], likelihood[self._loop]
        now.first[: self._roots] = entering * np.float32(1 - self._silence_probability) + after_silence
        now.silence[0] = entering * np.float32(self._silence_probability) * likelihood[self._silence[0]]
        if previous is None:
            middle = np.float32(1 / (2 * self.states + 1))  # in the middle of any word, or of a silence
            now.first[self._roots :] = middle
            np.multiply(loop, middle, out=now.loop)
            now.silence[1] = likelihood[self._silence[1]] * middle
        else:
            both = previous.first + previous.loop
            now.first[self._roots :] = both[self._parents]
            np.multiply(both, loop, out=now.loop)
            now.silence[1] = previous.silence.sum(0) * likelihood[self._silence[1]]
        now.first *= first

    def _look_back(
        self, likelihood: Floats, ahead: Sequence["_Frame"], scales: NDArray[np.float64], final: Floats
    ) -> Floats:
        frames, _, excerpts = likelihood.shape
        shares = np.zeros((frames, self._pdfs, excerpts), dtype=np.float32)
        behind = _Frame.empty(self.states, excerpts)  # of what follows the frame, over the scale so far
        for part in (behind.first, behind.loop, behind.silence):
            part[:] = 1 / final
        for t in range(frames - 1, -1, -1):
            now = ahead[t]
            self._by_first.add_to(shares[t], now.first * behind.first)
            self._by_loop.add_to(shares[t], now.loop * behind.loop)
            shares[t, self._silence[0]] += now.silence[0] * behind.silence[0]
            shares[t, self._silence[1]] += now.silence[1] * behind.silence[1]
            if t == 0:
                break
            scale = (1 / scales[t]).astype(np.float32)
            entered = likelihood[t][self._first] * behind.first * scale
            stayed = likelihood[t][self._loop] * behind.loop * scale
            silence = likelihood[t][list(self._silence)] * behind.silence * scale
            words = entered[: self._roots].sum(0)
            hub = np.float32(1 - self._silence_probability) * words + np.float32(self._silence_probability) * silence[0]
            onward = stayed + self._exit * hub
            if self._child_starts is not None:
                onward[self._parents[self._child_starts]] += np.add.reduceat(
                    entered[self._roots :], self._child_starts, axis=0
                )
            np.minimum(onward, _LARGEST, out=onward)
            behind.first[:] = onward
            behind.loop[:] = onward
            behind.silence[:] = np.minimum(words + silence[1], _LARGEST)
        return shares


@dataclass(frozen=True, slots=True)
class _Grouping:
    """Nodes in order of their pdf: sums over groups are several times quicker than `np.add.at`."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    pdfs: NDArray[np.int64]  # of every group

    @classmethod
    def of(cls, pdf_of_node: NDArray[np.int64]) -> Self:
        order = np.argsort(pdf_of_node, kind="stable")
        pdfs, starts = np.unique(pdf_of_node[order], return_index=True)
        return cls(order, starts, pdfs)

    def add_to(self, shares: Floats, of_nodes: Floats) -> None:
        shares[self.pdfs] += np.add.reduceat(of_nodes[self.order], self.starts, axis=0)


@dataclass(slots=True)
class _Frame:
    first: Floats  # [nodes, excerpts]
    loop: Floats
    silence: Floats  # [2, excerpts]

    @classmethod
    def empty(cls, nodes: int, excerpts: int) -> Self:
        return cls(
            np.empty((nodes, excerpts), np.float32),
            np.empty((nodes, excerpts), np.float32),
            np.empty((2, excerpts), np.float32),
        )

    def scale(self, factor: Floats) -> None:
        self.first *= factor
        self.loop *= factor
        self.silence *= factor
