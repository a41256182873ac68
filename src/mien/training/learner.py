"""One experiment as a Lightning module: the step, the validation, the line of an epoch."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from numpy.random import SeedSequence
from torch import Tensor, nn

from mien.data.sample import Batch
from mien.errors import InputError
from mien.models.output import Output
from mien.training import optimising
from mien.training.averaging import Average
from mien.training.checkpoints import FORMAT, MARK
from mien.training.epochs import Line
from mien.training.experiment import Batches, Experiment, Turn

__all__ = ["Learner", "Passages", "no_such_loss"]

IMAGE = 4
"""Axes of a batch of pictures."""


def no_such_loss(strange: Sequence[str], there: Sequence[str]) -> InputError:
    """The error for factors of losses that the objective does not have."""
    near = get_close_matches(strange[0], there, 1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(there)}"
    return InputError(
        f"objective.weights names {', '.join(strange)}, which the objective does not have; {hint}"
    )


class Passages:
    """The batches of one part, whichever epoch it is: what Lightning sees of `Batches`."""

    def __init__(self, batches: Batches, learner: "Learner") -> None:
        self._batches = batches
        self._learner = learner
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = len(self._batches(self._learner.turn))
        return self._length

    def __iter__(self) -> Any:  # noqa: ANN401 - an iterator of batches
        # A generator: Lightning asks twice for an iterator, and before the epoch begins.
        yield from self._batches(self._learner.turn)


class Sums:
    """Means of named losses over the pictures of an epoch, without waiting for the device."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._count = 0

    def add(self, losses: Mapping[str, Tensor], count: int) -> None:
        """Take in the mean losses of ``count`` pictures."""
        self._count += count
        for name, loss in losses.items():
            weighed = loss.detach() * count
            self._sums[name] = self._sums[name] + weighed if name in self._sums else weighed

    def means(self, trainer: pl.Trainer) -> Line:
        """Means over all processes; the sums begin anew."""
        device = trainer.strategy.root_device
        wide = torch.float32 if device.type == "mps" else torch.float64
        names = sorted(self._sums)
        values = [self._sums[name].to(device, wide) for name in names]
        count = torch.tensor(self._count, device=device, dtype=wide)
        packed = trainer.strategy.reduce(torch.stack([*values, count]), reduce_op="sum")
        *sums, total = packed.tolist()
        self._sums, self._count = {}, 0
        return {name: value / total for name, value in zip(names, sums, strict=True)}


class Learner(pl.LightningModule):
    """What Lightning trains.

    Order, variation and dropout of an epoch depend on the seed and its number alone.
    """

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.experiment = experiment
        self.network = experiment.network
        if experiment.trainer.channels_last:
            self.network.to(memory_format=torch.channels_last)
        # in a tuple, so that its parameters are not there twice: checkpoints have their plain names
        self._read = (_compiled(self.network) if experiment.trainer.compile else self.network,)
        self.objective = experiment.objective
        decay = experiment.optim.average
        self.averaged = Average(experiment.network, decay) if decay else None
        self.meters = nn.ModuleList(one for one in experiment.meters if isinstance(one, nn.Module))
        self.line: Line = {}
        """Figures of the epoch that has just ended."""
        self.latest: Tensor | None = None
        """Sum of the losses of the last step, for the progress bar."""
        self._sums, self._validated = Sums(), Sums()
        self._counted = -1
        """The batch of this epoch whose losses were counted last."""
        self._figures: Line = {}
        self._started = time.perf_counter()

    @property
    def shown(self) -> nn.Module:
        """What is validated and kept: the network, or its average."""
        return self.network if self.averaged is None else self.averaged.network

    @property
    def turn(self) -> Turn:
        """Which pass it is."""
        trainer = self.trainer
        return Turn(trainer.current_epoch, trainer.global_rank, trainer.world_size)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Optimiser and schedule of the experiment."""
        one = self.experiment
        named = [*self.network.named_parameters()]
        if isinstance(self.objective, nn.Module):
            named += [(f"objective.{name}", of) for name, of in self.objective.named_parameters()]
        optim = one.optim
        optimizer = optimising.optimiser(optimising.groups(named, optim), optim)
        scheduler = optimising.pace(
            optimizer, one.schedule, self.steps_per_epoch, one.trainer.epochs
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    @property
    def steps_per_epoch(self) -> int:
        """How often the weights change in an epoch."""
        count = len(self.experiment.train(self.turn))
        return math.ceil(count / self.experiment.trainer.accumulate)

    def on_train_epoch_start(self) -> None:
        """Begin an epoch as if it were the first thing that this process does."""
        self._started = time.perf_counter()
        self._counted = -1
        torch.manual_seed(self.seed)
        self.network.train()
        if isinstance(self.objective, nn.Module):
            self.objective.train()
        group = self.trainer.optimizers[0].param_groups[0]
        self._rate = group["lr"] / group["factor"]

    @property
    def seed(self) -> int:
        """Of dropout and the like in this epoch; the first epoch has that of the recipe."""
        turn, seed = self.turn, self.experiment.trainer.seed
        if turn.epoch == turn.rank == 0:
            return seed
        return int(SeedSequence((seed, turn.epoch, turn.rank)).generate_state(1)[0])

    def on_train_batch_start(self, batch: Batch, number: int) -> None:  # noqa: ARG002
        """Set the momentum, where it changes in the warm-up."""
        one = self.experiment
        if one.schedule.momentum:
            step = self.current_epoch * self.steps_per_epoch + number // one.trainer.accumulate
            for group in self.trainer.optimizers[0].param_groups:
                group["momentum"] = optimising.momentum(
                    one.optim, one.schedule, step, self.steps_per_epoch, one.trainer.epochs
                )

    def optimizer_step(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - Lightning's
        """Step, and take the new weights into the average."""
        super().optimizer_step(*given, **named)
        if self.averaged is not None:
            self.averaged.update(self.network)

    def training_step(self, batch: Batch, number: int) -> Tensor:
        """Losses of one batch and their weighted sum; a second look at it is not counted."""
        losses = self.objective(*self._read, batch)
        total = self._total(losses)
        if number != self._counted:
            self._sums.add({"loss": total, **losses}, len(batch))
            self.latest = total.detach()
            self._counted = number
        return total

    def validation_step(self, batch: Batch, number: int) -> None:  # noqa: ARG002 - Lightning's
        """Losses and figures of one batch."""
        read = self._read[0] if self.averaged is None else self.averaged.network
        losses = self.objective(read, batch)
        self._validated.add({"loss": self._total(losses), **losses}, len(batch))
        output = self.objective.output
        if output is not None:
            self._measure(output, batch)

    def _measure(self, output: Output, batch: Batch) -> None:
        """Let the meters take in one batch; they refuse what is no number."""
        try:
            for meter in self.experiment.meters:
                meter.update(output, batch)
        except InputError as error:
            given = [one for one in (output.logits, output.landmarks) if one is not None]
            if all(bool(torch.isfinite(one).all()) for one in given):
                raise
            raise self._lost("the network's output") from error

    def _lost(self, what: str) -> InputError:
        """The error for a training that has run away."""
        return InputError(
            f"{what} is no finite number in epoch {self.current_epoch}; "
            "lower optim.rate, or set optim.clip"
        )

    def on_validation_epoch_end(self) -> None:
        """Figures of the validation part."""
        self._figures = self._validated.means(self.trainer)
        for meter in self.experiment.meters if self.objective.output is not None else ():
            self._figures.update((name, float(value)) for name, value in meter.compute().items())
            meter.reset()

    def on_train_epoch_end(self) -> None:
        """Bring together the line of the epoch.

        Raises:
            InputError: the losses are no numbers any more, or the figure to watch is not there.
        """
        means = self._sums.means(self.trainer)
        if not all(map(math.isfinite, means.values())):
            wrong = ", ".join(name for name, value in means.items() if not math.isfinite(value))
            raise self._lost(f"the loss ({wrong})")
        if self.experiment.check is not None:
            self.shown.eval()
            with torch.no_grad():
                self._figures.update(self.experiment.check(self.shown))
        self._watch()
        self.line = {
            "epoch": self.current_epoch,
            "step": (self.current_epoch + 1) * self.steps_per_epoch,
            "rate": self._rate,
            **{f"train.{name}": value for name, value in means.items()},
            **{f"validate.{name}": value for name, value in self._figures.items()},
            "seconds": round(time.perf_counter() - self._started, 3),
        }

    def _watch(self) -> None:
        """Give Lightning the figure that it stops early by."""
        monitor = self.experiment.monitor
        if not monitor:
            return
        if monitor not in self._figures:
            known = ", ".join(self._figures) or "none"
            raise InputError(f"trainer.monitor is {monitor!r}, and the figures are {known}")
        self.log(monitor, self._figures[monitor], logger=False, batch_size=1)

    def _total(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The sum that is minimised."""
        weights = self.experiment.weights
        if not weights.keys() <= losses.keys():
            raise no_such_loss(sorted(weights.keys() - losses.keys()), tuple(losses))
        parts = [weights[name] * loss if name in weights else loss for name, loss in losses.items()]
        return torch.stack(parts).sum() if len(parts) > 1 else parts[0]

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, number: int) -> Batch:  # noqa: ARG002
        """Lightning would take the batch apart."""
        moved = batch if device.type == "cpu" else batch.to(device, non_blocking=True)
        if not self.experiment.trainer.channels_last or moved.image.dim() != IMAGE:
            return moved
        return replace(moved, image=moved.image.contiguous(memory_format=torch.channels_last))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leave out the loops' counters: `mien.training.fit` sets them when it goes on."""
        checkpoint.pop("loops", None)
        checkpoint[MARK] = {
            "format": FORMAT,
            "identity": dict(self.experiment.identity),
            "ranks": self.trainer.world_size,
            "stopped": self.trainer.should_stop,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse to go on with another number of processes: the steps of an epoch would differ.

        Raises:
            InputError: there were more, or fewer.
        """
        before, now = checkpoint[MARK]["ranks"], self.trainer.world_size
        if before != now:
            raise InputError(
                f"the run was trained by {before} processes and now there are {now}; go on with "
                f"as many, see trainer.devices and trainer.nodes, or begin anew with --restart"
            )


def _compiled(network: nn.Module) -> nn.Module:
    """The network as torch compiles it at its first batch; its tensors are those of the network."""
    compiled: nn.Module = torch.compile(network)  # type: ignore[assignment] # it gives a module
    return compiled
