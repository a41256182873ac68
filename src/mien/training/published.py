"""Objectives of the published networks of action units: several losses of one pass, by name."""

from torch import Tensor, nn

from mien.data.sample import Batch
from mien.errors import InputError, ShapeError
from mien.losses.alignment import landmark_distance, map_refinement
from mien.losses.au import binary_cross_entropy
from mien.losses.bounded import bounded_cross_entropy
from mien.losses.dice import dice, dice_by_picture
from mien.losses.relations import edge_cross_entropy, weighted_asymmetric
from mien.models.output import Output

__all__ = ["Alignment", "Bounded", "Relations"]

DICE = {"official": dice, "paper": dice_by_picture}
"""Forms of the Dice loss: as the authors run it, and as their paper prints it."""
PRINTED = "printed"


class Alignment(nn.Module):
    """JAA-Net: units and landmarks together.

    Losses "au" (cross-entropy), "dice", "landmarks"; with the heads of version 2 "local_au" and
    "local_dice", without them "refine": how far the maps have gone from the drawn ones. Factors are
    those of the recipe: 0.5 for "landmarks", 0.0001 for "refine".

    Args:
        weight: (k,), of the units.
        form: one of DICE.

    Raises:
        InputError: there is no such form.
    """

    needs = ("landmarks",)
    losses = ("au", "dice", "landmarks", "local_au", "local_dice", "refine")
    weight: Tensor | None
    output: Output | None

    def __init__(self, weight: Tensor | None, form: str = "official") -> None:
        super().__init__()
        if form not in DICE:
            raise InputError(f"there is no form {form!r} of Dice; there are {', '.join(DICE)}")
        self.dice = DICE[form]
        self.register_buffer("weight", weight, persistent=False)
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses by name."""
        output: Output = network(batch.image)
        self.output = output
        if output.landmarks is None or batch.landmarks is None or batch.eyes is None:
            raise ShapeError("JAA-Net's losses need landmarks of the network and of the data")
        losses = self._units("", output.logits, batch)
        losses["landmarks"] = landmark_distance(output.landmarks, batch.landmarks, batch.eyes)
        if output.local is not None:
            losses |= self._units("local_", output.local, batch)
        elif output.maps is not None and output.drawn is not None:
            losses["refine"] = map_refinement(output.maps, output.drawn)
        return losses

    def _units(self, prefix: str, logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy and Dice of one reading."""
        weight = self.weight
        cross = binary_cross_entropy(
            logits, batch.target, batch.known, weight=weight, reduction="sum-of-means"
        )
        overlap = self.dice(logits.sigmoid(), batch.target, batch.known, weight)
        return {f"{prefix}au": cross / logits.shape[1], f"{prefix}dice": overlap}


class Relations(nn.Module):
    """ME-GraphAU: "au", the weighted asymmetric loss; in stage 2 "edges" as well.

    The factor of "edges" is the recipe's: 0.05 on BP4D, 0.01 on DISFA.

    Args:
        weight: (k,), of the units.
    """

    losses = ("au", "edges")
    weight: Tensor | None
    output: Output | None

    def __init__(self, weight: Tensor | None) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The losses by name."""
        output: Output = network(batch.image)
        self.output = output
        probability = output.probability
        if probability is None:
            probability = output.logits.sigmoid()
        target, known = batch.target, batch.known
        losses = {"au": weighted_asymmetric(probability, target, known, self.weight)}
        if output.edges is not None:
            losses["edges"] = edge_cross_entropy(output.edges, target, known)
        return losses


class Bounded(nn.Module):
    """EAC-Net: "au", the bounded cross-entropy; the network is given the landmarks.

    Args:
        form: "corrected".

    Raises:
        InputError: the printed form is asked for, or one that there is not.
    """

    needs = ("landmarks",)
    losses = ("au",)
    output: Output | None

    def __init__(self, form: str = "corrected") -> None:
        super().__init__()
        if form == PRINTED:
            raise InputError(
                "the printed form log(p / 1.05 + 0.5) is a slip for log((p + 0.05) / 1.05): it "
                "rewards right answers with a negative loss; leave the form at corrected"
            )
        if form != "corrected":
            raise InputError(f"there is no form {form!r} of the bounded loss; there is corrected")
        self.output = None

    def forward(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The loss by its name."""
        if batch.landmarks is None:
            raise ShapeError("EAC-Net needs the landmarks of each picture")
        output: Output = network(batch.image, batch.landmarks)
        self.output = output
        cost = bounded_cross_entropy(output.logits.sigmoid(), batch.target, batch.known)
        return {"au": cost}
