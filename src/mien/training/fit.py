"""The one training loop, on Lightning: an experiment and a run folder to trained weights.

A run that was stopped, killed or switched off goes on where it was, with the same numbers: each
epoch begins from its own seed, and its end is written whole or not at all.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.warnings import PossibleUserWarning
from lightning.pytorch.callbacks import Callback, EarlyStopping, RichProgressBar
from torch import nn

from mien.errors import InputError, MienError, WeightsError
from mien.training import checkpoints, optimising
from mien.training.allocation import memory_kept
from mien.training.checkpoints import MARK, WholeFiles
from mien.training.epochs import Line, write_metrics
from mien.training.experiment import Experiment
from mien.training.keeping import Keeper
from mien.training.learner import Learner, Passages
from mien.training.runfolder import BEST, LAST
from mien.training.settings import completed, differences

__all__ = ["Fitted", "check", "fit", "is_finished"]

FREE = (
    "recipe.trainer.workers",
    "recipe.trainer.strategy",
    "recipe.trainer.channels_last",
    "recipe.trainer.compile",
    "recipe.expected",
    "recipe.paper",
)
"""Settings that a run may change on its way: they change no number, or its last digits only."""
COMPILER = ("torch._dynamo", "torch._inductor")
"""Where the errors of torch's compiler come from."""

LENGTHENED = ("constant", "step")
"""Schedules whose first epochs do not depend on how many there are: such runs can be made longer.
"""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network."""

    network: nn.Module
    """With the weights of the chosen epoch, in evaluation mode, on the processor."""
    epoch: int
    """The chosen epoch, from 0."""
    lines: tuple[Line, ...]
    """Figures of all epochs, as in metrics.jsonl."""


def fit(
    experiment: Experiment,
    folder: Path,
    *,
    bar: bool = False,
    tell: Callable[[Line], None] | None = None,
) -> Fitted:
    """Train; a run that was stopped goes on from its last whole epoch.

    Args:
        experiment: what to train; its network is changed.
        folder: the run folder; gets metrics, best and last checkpoint and TensorBoard's files.
        bar: show a progress bar on standard error.
        tell: is given the figures of each epoch.

    Raises:
        InputError: the settings cannot be trained with, the folder holds another run, the losses
            are no numbers any more, or the disk refuses.
        WeightsError: a checkpoint in the folder is damaged or of something else.
        KeyboardInterrupt: Ctrl-C; what the last whole epoch brought is kept.
    """
    progress = _progress(experiment, folder)
    if progress.finished:
        write_metrics(folder, progress.kept["lines"])
        return _fitted(experiment, folder, progress.kept)
    check(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder, tell)
    with _hushed(), memory_kept():
        _run(experiment, keeper, progress.epochs, bar)
    return _fitted(experiment, folder, keeper.state_dict())


def check(experiment: Experiment) -> None:
    """Refuse what cannot be trained with, before anything is spent or written.

    Raises:
        InputError: settings that do not go together, or that this machine cannot do.
    """
    one = experiment.trainer
    if one.patience and not experiment.monitor:
        raise InputError(
            f"trainer.patience is {one.patience}, but there is no figure to stop by; hold persons "
            "out with data.held, or set trainer.patience=0"
        )
    if one.precision == "16-mixed" and not torch.cuda.is_available():
        raise InputError(
            "trainer.precision=16-mixed needs a GPU of NVIDIA; set it to 32 or bf16-mixed"
        )
    optimising.check(experiment.optim, experiment.schedule, one)
    optimising.freeze(experiment.network, experiment.optim.rates)
    with _hushed():
        _trainer(experiment)


def is_finished(experiment: Experiment, folder: Path) -> bool:
    """Whether there is nothing left to train.

    Raises:
        InputError: the folder holds another run.
        WeightsError: its checkpoint is damaged or of something else.
    """
    return _progress(experiment, folder).finished


class _Progress(NamedTuple):
    """How far a run is."""

    epochs: int = 0
    """Whole epochs that it has done."""
    finished: bool = False
    kept: Mapping[str, Any] = MappingProxyType({})
    """What the Keeper knew."""


def _progress(experiment: Experiment, folder: Path) -> _Progress:
    """Read the last checkpoint of a folder, if there is one."""
    last = folder / LAST
    if not last.exists():
        return _Progress()
    found = checkpoints.read(last)
    try:
        ours, kept = found[MARK], found["callbacks"][Keeper.__name__]
        epochs, stopped = len(kept["lines"]), bool(ours["stopped"])
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{last} is no checkpoint to go on from; begin with --restart"
        ) from error
    _compare(found, experiment, folder)
    return _Progress(epochs, stopped or epochs >= experiment.trainer.epochs, kept)


def _run(experiment: Experiment, keeper: Keeper, epoch: int, bar: bool) -> None:
    """Run Lightning from an epoch on."""
    experiment.network.train()
    learner = Learner(experiment)
    trainer = _trainer(experiment, _callbacks(experiment, keeper, bar), keeper.folder)
    _begin_at(trainer, epoch)
    validate = None
    if experiment.validate is not None:
        validate = Passages(experiment.validate, learner)
    try:
        trainer.fit(
            learner,
            Passages(experiment.train, learner),
            validate,
            ckpt_path=keeper.folder / LAST if epoch else None,
            weights_only=True,
        )
    except MienError:
        raise
    except (RuntimeError, ValueError, KeyError) as error:
        if type(error).__module__.startswith(COMPILER):
            raise InputError(
                "the network cannot be compiled here; set trainer.compile=false. torch says: "
                f"{' '.join(str(error).split())[:200]}"
            ) from error
        if epoch and "load" in str(error):  # torch's words for states that do not fit
            raise WeightsError(
                f"{keeper.folder / LAST} does not fit what the recipe makes now, perhaps by "
                "another version of mien; begin anew with --restart"
            ) from error
        raise
    except SystemExit:
        if not keeper.interrupted:
            raise
        raise KeyboardInterrupt from None  # Lightning makes an exit of it


def _callbacks(experiment: Experiment, keeper: Keeper, bar: bool) -> list[Callback]:
    """What looks on: keeps the files, stops early, shows the bar."""
    one = experiment.trainer
    callbacks: list[Callback] = [keeper]
    if one.patience:
        mode = "min" if experiment.smaller else "max"
        callbacks.append(
            EarlyStopping(
                experiment.monitor,
                patience=one.patience,
                mode=mode,
                check_finite=False,
                check_on_train_epoch_end=True,
            )
        )
    if bar:
        callbacks.append(_Bar())
    return callbacks


def _trainer(
    experiment: Experiment, callbacks: list[Callback] | None = None, folder: Path | None = None
) -> pl.Trainer:
    """Lightning's trainer with the settings of the recipe.

    Raises:
        InputError: Lightning cannot train on such devices.
    """
    one = experiment.trainer
    try:
        return pl.Trainer(
            accelerator="auto",
            devices=one.devices,
            num_nodes=one.nodes,
            strategy=one.strategy,
            precision=one.precision,
            max_epochs=one.epochs,
            accumulate_grad_batches=one.accumulate,
            gradient_clip_val=experiment.optim.clip or None,
            callbacks=callbacks or [],
            logger=False,
            enable_progress_bar=any(isinstance(each, _Bar) for each in callbacks or ()),
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            plugins=[WholeFiles()],
            default_root_dir=folder,
        )
    except (ValueError, TypeError, RuntimeError, MisconfigurationException, ImportError) as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"trainer.devices={one.devices}, trainer.nodes={one.nodes}, trainer.strategy="
            f"{one.strategy} and trainer.precision={one.precision} cannot be had: {why}"
        ) from error


def _begin_at(trainer: pl.Trainer, epoch: int) -> None:
    """Set the counter of epochs: only whole ones are kept, so there is nothing else to restore."""
    progress = trainer.fit_loop.epoch_progress
    for count in (progress.current, progress.total):
        for name in ("ready", "started", "processed", "completed"):
            setattr(count, name, epoch)


class _Bar(RichProgressBar):
    """The bar of an epoch with its loss, on standard error."""

    def __init__(self) -> None:
        super().__init__(leave=False, console_kwargs={"stderr": True})

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:  # noqa: ARG002
        """What is shown beside the bar."""
        latest = getattr(pl_module, "latest", None)
        return {} if latest is None else {"loss": f"{float(latest):.4g}"}


def _compare(found: Mapping[str, Any], experiment: Experiment, folder: Path) -> None:
    """Refuse to go on with another run."""
    before = dict(found[MARK]["identity"])
    if experiment.recipe is not None and isinstance(before.get("recipe"), Mapping):
        before["recipe"] = completed(experiment.recipe, before["recipe"])
    other = differences(before, dict(experiment.identity))
    longer = "recipe.trainer.epochs"
    if experiment.schedule.name in LENGTHENED and longer in other:
        then, now = other[longer]
        if now > then:
            del other[longer]
    told = [
        f"{name} was {_said(then)} and is {_said(now)}"
        for name, (then, now) in other.items()
        if not any(name == free or name.startswith(f"{free}.") for free in FREE)
    ]
    if told:
        raise InputError(
            f"{folder} holds another run ({'; '.join(told)}); train into another folder, or begin "
            "anew with --restart"
        )


def _said(value: object) -> str:
    text = "not there" if value is None else str(value)
    return text if len(text) <= 40 else text[:12] + "…"


def _fitted(experiment: Experiment, folder: Path, kept: Mapping[str, Any]) -> Fitted:
    """The network with the weights of the chosen epoch."""
    path = folder / BEST
    network = experiment.network.cpu()
    try:
        network.load_state_dict(checkpoints.read(path)["network"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{path} does not fit the network of the recipe") from error
    network.to(memory_format=torch.contiguous_format)
    return Fitted(network.eval(), int(kept["chosen"]), tuple(kept["lines"]))


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep back what Lightning says of itself; its warnings of what is wrong stay."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            # Advice on workers, modules in evaluation mode, logging intervals.
            warnings.simplefilter("ignore", PossibleUserWarning)
            # Lightning 2.6 on torch 2.10 and later.
            warnings.filterwarnings("ignore", ".*LeafSpec.*", FutureWarning)
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
