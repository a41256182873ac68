"""Batches of one part of a data set, over all epochs of a run."""

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data.loading import Keyed, loader
from mien.data.sample import Batch
from mien.training.experiment import Passage, Turn
from mien.training.recipe import Trainer

__all__ = ["Loaded"]


class Loaded:
    """Batches of one part; its worker processes live through all epochs.

    Args:
        data: the part.
        batch: pictures in a batch.
        trainer: its workers and seed.
        shuffle: in random order, and no last batch of a single picture.
        chances: with which each picture is drawn, see `mien.data.loading.EpochSampler`.
    """

    def __init__(
        self,
        data: Keyed,
        batch: int,
        trainer: Trainer,
        *,
        shuffle: bool,
        chances: NDArray[np.float64] | None = None,
    ) -> None:
        self._chances = chances
        self._data, self._batch, self._shuffle = data, batch, shuffle
        self._workers, self._seed = trainer.workers, trainer.seed
        self._loader: torch.utils.data.DataLoader[Batch] | None = None

    def __call__(self, turn: Turn) -> Passage:
        """The batches of a turn."""
        if self._loader is None:
            mine = -(-len(self._data) // turn.ranks)
            self._loader = loader(
                self._data,
                self._batch,
                shuffle=self._shuffle,
                workers=self._workers,
                seed=self._seed,
                # Batch normalisation cannot learn from a single picture.
                drop_last=self._shuffle and mine % self._batch == 1 and mine > self._batch,
                chances=self._chances,
            )
        self._loader.sampler.set_epoch(turn.epoch)  # type: ignore[attr-defined] # it is ours
        return self._loader
