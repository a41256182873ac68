"""What the epoch of the picture network is chosen by: faces as they are, beside planted ones.

Planted figures alone must not choose: with longer training they may rise while agreement with real
expressions falls. Agreement alone cannot either: from epoch to epoch it goes up and down by 0.02
without a reason, and would choose the luckiest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.data.crops import Crops
from mien.data.expressions import OUTPUTS_OF
from mien.evaluation.metrics import pcc
from mien.models.pictureunits import PictureUnits
from mien.training.picturing import MEAN, STD
from mien.values import Float32

__all__ = ["PictureExam", "normalised", "run"]

ROWS = 200
"""Crops that go through the network at once."""
SURE = (12, 25, 26, 43, 10, 20)
"""Units that the mesh network reads well enough from a single picture to be agreed with."""


@dataclass(frozen=True, eq=False)
class PictureExam:
    """Portraits that nothing was learned from, and groups planted on them."""

    crop: NDArray[np.uint8]
    """(n, 112, 112, 3): the portraits as they are."""
    taught: Float32
    """(n, 38): what a teacher reads from them; NaN where it says nothing."""
    shown: Float32
    """(n, 38): what the mesh network reads."""
    groups: Sequence[Crops]

    def figures(self, network: nn.Module) -> dict[str, float]:
        """Give "agreement" on faces as they are, "within" and "difference" on planted groups.

        "both", by which the epoch is chosen, is the mean of agreement and of the two planted ones.
        """
        if not isinstance(network, PictureUnits):
            raise TypeError(f"got a {type(network).__name__}, expected a PictureUnits")
        single, _ = run(network, self.crop)
        agreed = self._agreement(single, self.shown, SURE)
        agreed |= self._agreement(single, self.taught, tuple(OUTPUTS_OF))
        found = {f"agreement/AU{unit}": value for unit, value in agreed.items()}
        within, difference = self._planted(network)
        agreement = float(np.mean(list(found.values()))) if found else 0.0
        return {
            "both": (agreement + (within + difference) / 2) / 2,
            "agreement": agreement,
            "within": within,
            "difference": difference,
            **found,
        }

    def _agreement(self, single: Float32, other: Float32, units: Sequence[int]) -> dict[int, float]:
        """Correlation by unit, of the mean of both sides, over the faces that are known."""
        out = {}
        for unit in units:
            columns = OUTPUTS_OF[unit]
            ours, theirs = single[:, columns].mean(axis=1), other[:, columns].mean(axis=1)
            known = np.isfinite(theirs)
            if known.sum() > 2:
                out[unit] = mean_correlation(ours[known, None], theirs[known, None])
        return out

    def _planted(self, network: PictureUnits) -> tuple[float, float]:
        """Mean correlation within groups, of both readings."""
        images = np.concatenate([one.image for one in self.groups])
        true = np.concatenate([one.intensity for one in self.groups])
        single, features = run(network, images.reshape(-1, *images.shape[2:]))
        single = single.reshape(true.shape)
        features = features.reshape(*true.shape[:2], -1)
        against = torch.from_numpy(np.repeat(features[:, :1], true.shape[1], axis=1))
        with torch.no_grad():
            found = network.differ(
                torch.from_numpy(features).flatten(0, 1), against.flatten(0, 1)
            ).numpy()
        moved = true - true[:, :1]
        centred, goal = single - single.mean(axis=1, keepdims=True), true - true.mean(1)[:, None]
        return (
            mean_correlation(centred, goal),
            mean_correlation(found.reshape(true.shape)[:, 1:], moved[:, 1:]),
        )


def run(network: PictureUnits, crops: NDArray[np.uint8]) -> tuple[Float32, Float32]:
    """Single readings and features of crops (n, 112, 112, 3)."""
    single, features = [], []
    with torch.no_grad():
        for part in torch.split(torch.from_numpy(np.ascontiguousarray(crops)), ROWS):
            output = network(normalised(part))
            single.append(output.logits.float())
            features.append(output.features.float())
    return torch.cat(single).numpy(), torch.cat(features).numpy()


def normalised(crops: Tensor) -> Tensor:
    """Crops uint8 (n, s, s, 3) as the network takes them."""
    return ((crops.permute(0, 3, 1, 2).float() / 255) - MEAN) / STD


def mean_correlation(found: Float32, true: Float32) -> float:
    """Mean over the outputs of both, (..., k); one that does not vary counts as 0."""
    each = pcc(*(one.reshape(-1, one.shape[-1]) for one in (found, true)))
    return float(np.nan_to_num(each).mean())
