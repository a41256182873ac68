"""Batches drawn from several sources in fixed shares, and the error that some score within groups.

For networks whose examples lie in memory as numbers: those of the mesh.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from mien.data.sample import Batch
from mien.data.synthetic import Examples
from mien.models.output import Output
from mien.training.experiment import Batches, Turn

__all__ = ["MixedError", "Source", "digest", "mixed"]

DIGESTED = 1000
"""Rows of each source that its digest is taken of, beside all its targets."""


@dataclass(frozen=True, eq=False)
class Source:
    """Examples with their share of every batch."""

    examples: Examples
    share: float
    groups: int = 1
    """Examples come in rows of this many that are always drawn together, as a group."""
    within: bool = False
    """Score only how the members of a group differ: their common offset is unknown."""

    def count(self, batch: int) -> int:
        """How many of a batch are of this source: whole groups, one at least."""
        return max(round(batch * self.share) // self.groups, 1) * self.groups


@dataclass(frozen=True, eq=False)
class Mixture:
    """The mixed batches of one epoch."""

    sources: Sequence[Source]
    batch: int
    steps: int
    seed: tuple[int, ...]

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(self.seed)
        for _ in range(self.steps):
            features, targets = [], []
            for source in self.sources:
                rows = _rows(source, self.batch, rng)
                features.append(source.examples.features[rows])
                targets.append(source.examples.target[rows])
            target = torch.from_numpy(np.concatenate(targets))
            known = torch.ones(target.shape, dtype=torch.bool)
            yield Batch(torch.from_numpy(np.concatenate(features)), target, known)


def mixed(sources: Sequence[Source], batch: int, steps: int, seed: int) -> Batches:
    """Batches of an epoch of ``steps``, drawn anew in each.

    Args:
        sources: what each batch is made of.
        batch: about how many examples, see `Source.count`.
        steps: batches of an epoch.
        seed: of the draws.
    """

    def batches(turn: Turn) -> Mixture:
        rank = (turn.rank,) if turn.rank else ()
        return Mixture(sources, batch, steps, (seed, turn.epoch, *rank))

    return batches


class MixedError:
    """Mean squared error of mixed batches; the offset of a group may be left out.

    Args:
        sources: what the batches are made of.
        batch: their size, as `mixed` was told.
    """

    def __init__(self, sources: Sequence[Source], batch: int) -> None:
        self.sources = sources
        self.sizes = [source.count(batch) for source in sources]
        self.output: Output | None = None

    def __call__(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The error as the loss "intensity"."""
        found: Tensor = network(batch.image)
        self.output = Output(found)
        errors = torch.split(found - batch.target, self.sizes)
        parts = [
            _within(part, source.groups) if source.within else part
            for source, part in zip(self.sources, errors, strict=True)
        ]
        return {"intensity": torch.cat(parts).square().mean()}


def digest(sources: Sequence[Source]) -> str:
    """A short mark of what is learned from: it changes when the examples do."""
    mark = hashlib.sha256()
    for source in sources:
        features = source.examples.features
        chosen = features[:: max(1, len(features) // DIGESTED)]
        mark.update(repr((features.shape, source.share, source.groups, source.within)).encode())
        mark.update(np.ascontiguousarray(chosen).tobytes())
        mark.update(np.ascontiguousarray(source.examples.target).tobytes())
    return mark.hexdigest()


def _rows(source: Source, batch: int, rng: Generator) -> np.ndarray:
    """Rows of a batch: whole groups."""
    groups = len(source.examples.target) // source.groups
    chosen = rng.integers(0, groups, source.count(batch) // source.groups)
    rows: np.ndarray = (chosen[:, None] * source.groups + np.arange(source.groups)).reshape(-1)
    return rows


def _within(error: Tensor, size: int) -> Tensor:
    """Errors minus their group's mean: what all members share is the face's own.

    Even a weak pull of that mean to 0 harms: with 0.3 of it left in, AU12 read 1.9 on portraits
    with the caption "smiling", without it 4.0, at the same figures on planted portraits.
    """
    grouped = error.reshape(-1, size, error.shape[1])
    return (grouped - grouped.mean(dim=1, keepdim=True)).reshape(error.shape)
