"""What a run folder holds, ready to be used: the network with the weights of the chosen epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mien.errors import InputError, WeightsError
from mien.models import build
from mien.spec import ModelSpec
from mien.training import checkpoints, runfolder
from mien.training.recipe import Recipe

__all__ = ["Trained", "load_trained", "network_of"]


@dataclass(frozen=True, eq=False)
class Trained:
    """What a run folder holds, ready to be used."""

    recipe: Recipe
    network: nn.Module
    """With the weights of the chosen epoch, in evaluation mode."""
    card: ModelSpec
    run: Mapping[str, Any]
    """Fold, digests of data and split."""


def load_trained(folder: Path) -> Trained:
    """The network of a run folder.

    Raises:
        InputError: this is no folder of one fold of a run, or of one that learned without labels.
        WeightsError: its checkpoint is missing, damaged or does not fit.
    """
    recipe, run = runfolder.read_recipe(folder), runfolder.read_run(folder)
    if not run["card"]:
        raise InputError(
            f"{folder} learned from pictures without labels and says nothing of a face; start "
            f"another run from it: --set model.start={folder}"
        )
    card = ModelSpec.from_json(run["card"])
    network = network_of(recipe, len(card.units or card.classes))
    found = checkpoints.read(folder / runfolder.BEST)
    try:
        network.load_state_dict(found["network"])
    except (KeyError, RuntimeError) as error:
        raise WeightsError(
            f"{folder / runfolder.BEST} does not fit the network of its recipe"
        ) from error
    return Trained(recipe, network.eval(), card, run)


def network_of(recipe: Recipe, outputs: int) -> nn.Module:
    """The network of a recipe with the random weights of its seed."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.trainer.seed)
        return build(recipe.model.name, outputs, units=recipe.data.units, **recipe.model.options)
