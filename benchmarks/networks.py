"""What makes JAA-Net quick: half precision, channels last, kept memory, the compiler, groups.

Version 2 with the 12 units of BP4D and 176 px, against the straightforward formulation, one branch
after another in 32 bits. Each row is a process of its own, so that its peak memory is its own; a
training step is forward, the recipe's losses, backward and SGD. On the processor time is that of
one thread, the quickest of a few rounds; on a GPU (``--device cuda``) it is that of the GPU, and
memory what torch has held of it at most.
"""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from benchmarks.branches import straightforward
from benchmarks.measure import cost_of
from mien.data.sample import Batch
from mien.models.jaanet import JAANet, jaanet
from mien.training.published import Alignment

__all__ = ["KINDS", "Kind", "Steps", "batch_of", "main", "network_of"]

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
PICTURES = 83_924
EPOCHS = 12
BATCH = {"cpu": 8, "cuda": 16}
"""Pictures of a step: the recipe's 16, or as many as a processor does in seconds."""
ROUNDS = {"cpu": 3, "cuda": 20}
"""Rounds that are timed, after those that are not."""


class Kind(NamedTuple):
    """A way to compute the same."""

    name: str
    grouped: bool
    half: bool = False
    last: bool = False
    compiled: bool = False
    kept: bool = False
    """As `mien train` does it on a processor: memory is kept, a step of SGD is one pass."""


KINDS = (
    Kind("one branch after another, 32 bits", grouped=False),
    Kind("grouped, 32 bits", grouped=True),
    Kind("one branch after another, bfloat16", grouped=False, half=True),
    Kind("grouped, bfloat16", grouped=True, half=True),
    Kind("grouped, bfloat16, channels last", grouped=True, half=True, last=True),
    Kind("grouped, bfloat16, channels last, memory kept", True, True, True, kept=True),
    Kind("the same, compiled", True, True, True, True, kept=True),
)

CODE = """
import sys
from contextlib import nullcontext
import torch
from benchmarks.networks import KINDS, Steps
from mien.training.allocation import memory_kept
kind, device, rounds = KINDS[int(sys.argv[1])], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(1)
steps = Steps(kind, device)
with memory_kept() if kind.kept else nullcontext():
    said = [steps.seconds(steps.forward, rounds), steps.seconds(steps.train, rounds)]
said.append(steps.held_mb())
"""


def network_of(kind: Kind) -> JAANet:
    """The network of a row; the same weights in each."""
    torch.manual_seed(0)
    ours = jaanet(len(BP4D), units=BP4D)
    network = ours if kind.grouped else straightforward(ours)
    if kind.last:
        network.to(memory_format=torch.channels_last)
    return network


def batch_of(count: int, size: int) -> Batch:
    """Pictures of noise with labels and landmarks."""
    random = torch.Generator().manual_seed(1)
    units = len(BP4D)
    return Batch(
        torch.randn(count, 3, size, size, generator=random),
        (torch.rand(count, units, generator=random) < 0.4).float(),
        torch.ones(count, units, dtype=torch.bool),
        landmarks=size * torch.rand(count, 49, 2, generator=random),
        eyes=torch.full((count,), 60.0),
    )


class Steps:
    """A network with its batch, ready to be timed.

    Args:
        kind: one of KINDS.
        device: cpu or cuda.
    """

    def __init__(self, kind: Kind, device: str) -> None:
        self.device, self.half = device, kind.half
        self.network = network_of(kind).to(device)
        batch = batch_of(BATCH[device], self.network.size).to(device)
        if kind.last:
            wide = batch.image.contiguous(memory_format=torch.channels_last)
            batch = Batch(wide, batch.target, batch.known, batch.landmarks, batch.eyes)
        self.batch = batch
        self.read: nn.Module = self.network
        if kind.compiled:
            self.read = torch.compile(self.network)  # type: ignore[assignment]
        self.losses = Alignment(torch.ones(len(BP4D), device=device))
        self.optimiser = torch.optim.SGD(
            self.network.parameters(),
            1e-4,
            momentum=0.9,
            nesterov=True,
            weight_decay=5e-4,
            fused=kind.kept and device == "cpu",
        )

    def forward(self) -> None:
        """Read the batch."""
        self.network.eval()
        with torch.no_grad(), torch.autocast(self.device, torch.bfloat16, enabled=self.half):
            self.read(self.batch.image)

    def train(self) -> None:
        """One step of training."""
        self.network.train()
        self.optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.half):
            losses = self.losses(self.read, self.batch)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def seconds(self, step: Callable[[], None], rounds: int) -> float:
        """Seconds per picture of the quickest round."""
        for _ in range(3 if self.device == "cuda" else 1):
            step()
        return min(self._timed(step) for _ in range(rounds)) / len(self.batch)

    def _timed(self, step: Callable[[], None]) -> float:
        if self.device != "cuda":
            start = time.process_time()
            step()
            return time.process_time() - start
        before = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call] # torch's own
        after = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        before.record()
        step()
        after.record()
        torch.cuda.synchronize()
        return float(before.elapsed_time(after)) / 1000

    def held_mb(self) -> float:
        """What torch has held of the GPU at most; 0 on a processor."""
        return torch.cuda.max_memory_allocated() / 2**20 if self.device == "cuda" else 0.0


def main(device: str = "", rounds: int = 0) -> None:
    """Measure all rows and print the table; "" is the GPU where there is one."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    what = torch.cuda.get_device_name() if device == "cuda" else "one thread of the processor"
    print(
        f"  JAA-Net, 12 units, version 2, {BATCH[device]} pictures of 176 px, {what}\n"
        f"  {'':<47} {'forward':>16} {'training step':>16} {'pictures/s':>10} {'peak':>8} "
        f"{f'{EPOCHS} x {PICTURES}':>10}"
    )
    first: list[float] = []
    for place, kind in enumerate(KINDS):
        try:
            cost = cost_of(CODE, [str(place), device, str(rounds or ROUNDS[device])])
        except RuntimeError as error:
            print(f"  {kind.name:<47} not to be had here: {str(error)[:80]}")
            continue
        if not isinstance(cost.said, list):
            raise TypeError("the code leaves a list")
        read, step, held = (float(one) for one in cost.said)
        first = first or [read, step]
        print(
            f"  {kind.name:<47} {1000 * read:>7.1f} ms {first[0] / read:>4.2f}x "
            f"{1000 * step:>7.1f} ms {first[1] / step:>4.2f}x {1 / step:>10.1f} "
            f"{held or cost.peak_mb:>5.0f} MB {EPOCHS * PICTURES * step / 3600:>8.1f} h"
        )
        sys.stdout.flush()
