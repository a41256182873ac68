"""The two networks that mien ships: action units from the mesh, alone and minus the neutral.

``mien train meshunits --data DATA`` runs both: about ten minutes on one core, after the data have
been made (`docs/training.md` says how).
"""

from mien.training.fit import Schedule
from mien.training.recipe import Calibration, Recipe, Shares

__all__ = ["RECIPES", "difference", "single"]


def single() -> Recipe:
    """A single frame."""
    return Recipe(
        name="au-mesh",
        reads="mesh",
        shares=Shares(simulated=0.5, rendered=0.5, planted=0.0),
    )


def difference() -> Recipe:
    """A frame minus the person's neutral."""
    return Recipe(
        name="au-mesh-difference",
        reads="mesh-difference",
        shares=Shares(simulated=0.5, rendered=0.5, planted=0.0),
        calibration=Calibration(stretch=2.0),
    )


RECIPES = {recipe.name: recipe for recipe in (single(), difference())}

_ = Schedule
