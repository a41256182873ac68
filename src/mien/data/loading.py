"""Prepared crops to batches, the same whatever the number of workers; needs torch.

A sample is asked for as (epoch, place), so that workers that live through all epochs draw its
variation from seed, epoch and row alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, cast

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from mien.data.cache import Cache
from mien.data.labels import Labels
from mien.data.sample import Batch, Labelled
from mien.data.transforms import (
    Augment,
    middle,
    mirrored_columns,
    moved,
    normalised,
    varied,
    vary,
)
from mien.errors import InputError
from mien.facs.units import ACTIVE
from mien.values import Float32

__all__ = ["CropDataset", "EpochSampler", "Key", "Keyed", "Task", "View", "loader"]

Task = Literal["occurrence", "intensity", "expression", "picture"]
"""What is said of a picture; "picture": nothing."""
Key = tuple[int, int]
"""Epoch, and place in the data set."""


@dataclass(frozen=True)
class View:
    """What a network sees of a cache, and what it is to say of it."""

    task: Task
    units: tuple[int, ...] = ()
    """Numbers of the units, in the order of the outputs; empty for expressions."""
    threshold: float = ACTIVE
    """A unit is present from here on, where a set gives intensities only."""
    size: int = 224
    """Side of the crop."""
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    """Per channel, of pictures scaled to 0-1."""
    sides: tuple[str, ...] = ()
    """L, R or empty of each unit, where labels have sides; the columns are then the set's own."""
    detected: tuple[int, ...] = ()
    """Units whose presence is said beside the task."""
    classes: tuple[str, ...] = ()
    """Expressions that are said beside the task, by the names that the set gives them."""


class CropDataset(Dataset[Batch]):
    """Some pictures of a cache as a network sees them.

    It can be asked for a place, or for an epoch and a place.

    Args:
        cache: prepared crops.
        rows: (n,) numbers of pictures in the cache.
        view: what is seen and said of them.
        augment: how they are varied; None: not at all.
        seed: of the variations.

    Raises:
        InputError: the cache does not say what the view asks for, or its pictures are too small.
    """

    def __init__(
        self,
        cache: Cache,
        rows: NDArray[np.intp],
        view: View,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        self.cache, self.view, self.augment, self.seed = cache, view, augment, seed
        self.rows = np.array(rows, np.intp)
        if len(self.rows) and not 0 <= self.rows.min() <= self.rows.max() < len(cache.index):
            raise InputError(
                f"rows from {self.rows.min()} to {self.rows.max()} were asked of a cache of "
                f"{len(cache.index)} pictures"
            )
        self._still = middle(cache.aligned, view.size)
        self._target, self._known = _targets(cache, self.rows, view)
        self._beside = _beside(cache, self.rows, view)
        self._columns = None
        if view.sides and augment is not None and augment.flip:
            self._columns = mirrored_columns(view.units, view.sides)
        places = cache.landmarks[self.rows]
        self._points = places if np.isfinite(places).all() else None
        self._eyes = np.array(cache.eyes[self.rows], np.float32)
        self._epoch = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n, k), or (n,) of expressions: which targets are known."""
        return self._known

    @property
    def beside(self) -> dict[str, NDArray[np.bool_]]:
        """The same of each task that is said beside."""
        return {task: known for task, (_, known) in self._beside.items()}

    def landmarks(self) -> Float32:
        """(n, 49, 2): of all pictures, in pixels of the unvaried crop; NaN where not known."""
        return np.stack(
            [moved(one, self._still, self.view.size) for one in self.cache.landmarks[self.rows]]
        )

    def set_epoch(self, epoch: int) -> None:
        """Choose the variations of places that are asked for without an epoch."""
        self._epoch = epoch

    def __getitem__(self, key: int | Key) -> Batch:
        """One picture, as a batch of one."""
        return self.__getitems__([key])

    def __getitems__(self, keys: Sequence[int | Key]) -> Batch:
        """Several pictures at once, as loaders ask for them."""
        pairs = [key if isinstance(key, tuple) else (self._epoch, int(key)) for key in keys]
        places = np.array([place for _, place in pairs], np.intp)
        size, view = self.view.size, self.view
        images = np.empty((len(pairs), 3, size, size), np.float32)
        target, known = self._target[places], self._known[places]
        points = None if self._points is None else np.empty((len(pairs), 49, 2), np.float32)
        for number, (epoch, place) in enumerate(pairs):
            row = int(self.rows[place])
            variation = self._still
            if self.augment is not None:
                random = np.random.default_rng((self.seed, epoch, row))
                variation = vary(self.augment, self.cache.aligned, size, random)
            image = varied(self.cache.image(row), variation, size)
            normalised(image, view.mean, view.std, variation.erase, images[number])
            if points is not None and self._points is not None:
                points[number] = moved(self._points[place], variation, size)
            if variation.flip and self._columns is not None:
                target[number] = target[number][self._columns]
                known[number] = known[number][self._columns]
        return Batch(
            image=torch.from_numpy(images),
            target=torch.from_numpy(target),
            known=torch.from_numpy(known),
            landmarks=None if points is None else torch.from_numpy(points),
            eyes=None if points is None else torch.from_numpy(self._eyes[places]),
            row=torch.from_numpy(self.rows[places].astype(np.int64)),
            beside={
                task: Labelled(*(torch.from_numpy(one[places]) for one in labels))
                for task, labels in self._beside.items()
            }
            or None,
        )


class EpochSampler(DistributedSampler[Any]):
    """Gives (epoch, place) pairs in an order that depends on seed and epoch alone.

    It divides places among the processes of a training by itself, and since it is a
    DistributedSampler, Lightning leaves it as it is and tells it the epoch. All processes get
    equally many places; where that does not work out, the first ones come twice, so whoever
    gathers predictions keeps one of each `Batch.row`.

    Args:
        size: number of places.
        shuffle: in random order; else as they are.
        seed: of the order.
        rank: number of this process and how many there are; None: asked of torch when it is used.
        chances: (size,) with which each place is drawn, as many in all and with replacement; None:
            each comes once.
    """

    def __init__(
        self,
        size: int,
        *,
        shuffle: bool,
        seed: int,
        rank: tuple[int, int] | None = None,
        chances: NDArray[np.float64] | None = None,
    ) -> None:
        # not super().__init__, which would ask for a process group now
        self.size, self.shuffle, self.seed, self.epoch = size, shuffle, seed, 0
        self._rank, self._chances = rank, chances

    def set_epoch(self, epoch: int) -> None:
        """Tell the number of the epoch that comes."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.size // self._place()[1])

    def __iter__(self) -> Iterator[Key]:
        rank, world = self._place()
        order = np.arange(self.size)
        random = np.random.default_rng((self.seed, self.epoch))
        if self._chances is not None:
            order = random.choice(self.size, self.size, p=self._chances)
        elif self.shuffle:
            order = random.permutation(self.size)
        mine = np.resize(order, len(self) * world)[rank::world] if self.size else order
        return iter([(self.epoch, int(place)) for place in mine])

    def _place(self) -> tuple[int, int]:
        """Number of this process, and how many there are."""
        if self._rank is not None:
            return self._rank
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1


class Keyed(Protocol):
    """Pictures by place, or by epoch and place."""

    def __len__(self) -> int: ...

    def __getitems__(self, keys: Sequence[int | Key]) -> Batch:
        """Several at once, as one batch."""
        ...


def loader(  # noqa: PLR0913 - all but two by keyword
    dataset: Keyed,
    batch: int,
    *,
    shuffle: bool,
    workers: int,
    seed: int = 0,
    drop_last: bool = False,
    chances: NDArray[np.float64] | None = None,
) -> DataLoader[Batch]:
    """Batches of a data set, loaded ahead by worker processes.

    Before each epoch ``loader.sampler.set_epoch(epoch)`` is called; Lightning does so by itself.

    Args:
        dataset: the pictures.
        batch: pictures in a batch.
        shuffle: in random order, another one in each epoch.
        workers: processes; 0: this one. They live as long as the loader.
        seed: of the order.
        drop_last: leave out a last batch that is not full.
        chances: with which each picture is drawn, see `EpochSampler`.
    """
    return DataLoader(
        cast("torch.utils.data.Dataset[Batch]", dataset),
        batch_size=batch,
        sampler=EpochSampler(len(dataset), shuffle=shuffle, seed=seed, chances=chances),
        num_workers=workers,
        collate_fn=_as_it_is,
        drop_last=drop_last,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
        generator=torch.Generator().manual_seed(seed),  # the program's own chance is not touched
    )


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401 - torch expects samples here
    """The data set makes batches itself."""
    return batch


def _targets(
    cache: Cache, rows: NDArray[np.intp], view: View
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """What is to be said of the pictures, and where it is known."""
    index = cache.index
    if view.task == "picture":
        nothing = np.zeros((len(rows), 0), np.float32)
        return nothing, nothing.astype(bool)
    if view.task == "expression":
        if index.expression is None:
            raise InputError(f"{index.name} has no expressions; it cannot teach or test them")
        chosen = index.expression.take(rows)
        return chosen.value.astype(np.int64), chosen.known.copy()
    labels = _labels(cache, view)
    if labels.units != view.units and view.sides:
        raise InputError(
            f"the labels have the units {labels.units}, expected {view.units} with their sides"
        )
    if missing := [unit for unit in view.units if unit not in labels.units]:
        lacking = ", ".join(f"AU{unit}" for unit in missing)
        have = ", ".join(f"AU{unit}" for unit in labels.units)
        raise InputError(f"{index.name} does not label {lacking}; it labels {have}")
    mine = labels.take(rows)
    if not view.sides:
        mine = mine.of(view.units)
    return mine.value.astype(np.float32), mine.known.copy()


def _beside(
    cache: Cache, rows: NDArray[np.intp], view: View
) -> dict[str, tuple[NDArray[Any], NDArray[np.bool_]]]:
    """The same for the tasks beside; classes go by their names, others are not known."""
    found = {}
    if view.detected:
        other = replace(view, task="occurrence", units=view.detected, sides=())
        found["occurrence"] = _targets(cache, rows, other)
    if view.classes:
        value, known = _targets(cache, rows, replace(view, task="expression"))
        said = cache.index.expression.classes if cache.index.expression else ()
        places = [view.classes.index(one) if one in view.classes else -1 for one in said]
        value = np.array(places, np.int64)[value]
        known &= value >= 0
        found["expression"] = np.where(known, value, 0), known
    return found


def _labels(cache: Cache, view: View) -> Labels:
    """The units' labels that suit the task."""
    index = cache.index
    if view.task == "intensity":
        if index.intensity is None:
            raise InputError(f"{index.name} has no intensities; it cannot teach or test them")
        return index.intensity
    if index.occurrence is not None:
        return index.occurrence
    if index.intensity is None:
        raise InputError(f"{index.name} has no action units; it cannot teach or test them")
    return index.intensity.present(view.threshold)
