"""Pictures a second: loading from the cache, a forward pass, a training step, and who waits.

The machine may be shared, so that CPU time says more than the clock: a worker that needs 2 ms of it
for a picture delivers 500 a second with a second one beside it.
"""

import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

PICTURES = 1280
BATCH = 32
WORKERS = 2
ALIGNED, SIZE = 256, 224
STEPS = 6
"""Batches of the forward pass and of the training."""


class Rate(NamedTuple):
    """How fast a pass over all pictures was."""

    second: float
    """Pictures a second by the clock."""
    worker: float
    """Milliseconds of CPU time of all workers per picture."""
    here: float
    """Milliseconds of CPU time of this process per picture."""


def main(folder: Path) -> None:
    """Measure, and print the table."""
    from mien.data.transforms import Augment

    cache = _cache(folder)
    print(f"  {PICTURES} crops of {ALIGNED} px cut to {SIZE}, {WORKERS} workers, batch {BATCH}")
    for name, augment in (
        ("as they are", None),
        ("flip, shift", Augment()),
        ("flip, shift, colours", Augment(brightness=0.4, contrast=0.4, saturation=0.4)),
    ):
        rate = _loading(cache, augment)
        print(
            f"  loader, {name:<21} {rate.second:7.0f} images/s, CPU time per image: worker "
            f"{rate.worker:.2f} ms ({1000 * WORKERS / rate.worker:.0f} images/s with {WORKERS} "
            f"cores of their own), this process {rate.here:.2f} ms"
        )
    _training(cache)


def _cache(folder: Path) -> Path:
    """A cache of crops of a photograph, each turned and scaled a little differently."""
    from mien.data.cache import prepare
    from mien.data.labels import STILL, Index, Labels
    from mien.face.affine import warp

    source, made = folder / "loading-pictures", folder / "loading-cache"
    shutil.rmtree(made, ignore_errors=True)
    source.mkdir(exist_ok=True)
    photo, random = _photo(), np.random.default_rng(0)
    for number in range(PICTURES):
        path = source / f"{number:04d}.png"
        turn, scale = random.uniform(-0.3, 0.3), random.uniform(0.45, 0.9)
        if not path.exists():
            cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
            matrix = np.array([[cosine, -sine, 20.0], [sine, cosine, -10.0]])
            Picture.fromarray(warp(photo, matrix, ALIGNED, "edge")).save(path, compress_level=1)
    value = random.integers(0, 2, (PICTURES, 12)).astype(np.float32)
    index = Index(
        "table",
        source,
        tuple(f"{number:04d}.png" for number in range(PICTURES)),
        np.full(PICTURES, STILL),
        np.arange(PICTURES),
        ("one",) * PICTURES,
        ("one",) * PICTURES,
        occurrence=Labels(tuple(range(1, 13)), value, np.ones(value.shape, bool)),
    )
    before = time.process_time()
    cache = prepare(index, made, "whole", ALIGNED)
    spent = 1000 * (time.process_time() - before) / PICTURES
    size = sum(path.stat().st_size for path in (made / "shards").glob("*.pictures"))
    print(f"  {cache}: {size / PICTURES / 1000:.1f} kB and {spent:.1f} ms of CPU time per picture")
    return made


def _photo() -> np.ndarray:
    """A photograph, or grey noise where the extra 'demo' is not installed."""
    try:
        from skimage.data import astronaut
    except ImportError:
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        return np.asarray(Picture.fromarray(noise).resize((512, 512)))
    return np.asarray(astronaut())  # type: ignore[no-untyped-call]


def _batches(folder: Path, augment: object) -> Callable[[int], Iterable[object]]:
    """The loader of a cache, an epoch at a time."""
    from mien.data.cache import open_cache
    from mien.data.loading import CropDataset, View, loader
    from mien.data.transforms import Augment

    chosen = augment if isinstance(augment, Augment) else None
    view = View("occurrence", tuple(range(1, 13)), size=SIZE)
    data = CropDataset(open_cache(folder), np.arange(PICTURES), view, chosen)
    batches = loader(data, BATCH, shuffle=True, workers=WORKERS, seed=0)

    def epoch(number: int) -> Iterable[object]:
        batches.sampler.set_epoch(number)  # type: ignore[attr-defined]
        return batches

    return epoch


def _loading(folder: Path, augment: object) -> Rate:
    """One epoch of loading and nothing else, after one to warm up."""
    epoch = _batches(folder, augment)
    for _ in epoch(0):
        pass
    workers, here, clock = _cpu_of_children(), time.process_time(), time.perf_counter()
    for _ in epoch(1):
        pass
    clock, here = time.perf_counter() - clock, time.process_time() - here
    workers = _cpu_of_children() - workers
    return Rate(PICTURES / clock, 1000 * workers / PICTURES, 1000 * here / PICTURES)


def _cpu_of_children() -> float:
    """Seconds of CPU time that the processes started from here have used up to now."""
    total = 0.0
    for child in multiprocessing.active_children():
        fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _training(folder: Path) -> None:
    """A forward pass and a training step of ResNet-18, and how long the step waits for data."""
    import torch
    from torchvision.models import resnet18

    from mien.data.sample import Batch
    from mien.data.transforms import Augment

    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = resnet18(weights=None, num_classes=12).to(device)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    images = torch.randn(BATCH, 3, SIZE, SIZE, device=device)

    def forward() -> None:
        with torch.no_grad():
            network(images)

    def step(batch: Batch) -> None:
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            network(batch.image), batch.target
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    forward()
    clock = time.perf_counter()
    for _ in range(STEPS):
        forward()
    if device == "cuda":
        torch.cuda.synchronize()
    rate = STEPS * BATCH / (time.perf_counter() - clock)
    threads = f"{torch.get_num_threads()} threads" if device == "cpu" else device
    print(f"  ResNet-18 forward, {threads}: {rate:.0f} images/s")
    steps = STEPS if device == "cpu" else PICTURES // BATCH
    waited, worked, clock = 0.0, 0.0, time.perf_counter()
    for number, batch in enumerate(_batches(folder, Augment())(0)):
        waited += (time.perf_counter() - clock) * (number > 0)  # the first waits for the start
        clock = time.perf_counter()
        step(batch.to(device))  # type: ignore[attr-defined]
        if device == "cuda":
            torch.cuda.synchronize()
        worked += (time.perf_counter() - clock) * (number > 0)
        if number == steps:
            break
        clock = time.perf_counter()
    rate = steps * BATCH / (waited + worked)
    share = 100 * waited / (waited + worked)
    print(f"  ResNet-18 training, {threads}: {rate:.0f} images/s, {share:.1f} % of it waiting")
