"""The two networks that mien ships: action units from the mesh, alone and minus the neutral.

``mien train meshunits --data DATA`` runs both: about fifteen minutes on one core, after the data
have been made (`docs/training.md` says how).
"""

from mien.training.meshrecipe import Calibration, MeshRecipe, Shares

__all__ = ["RECIPES", "difference", "single"]


def single() -> MeshRecipe:
    """A single frame.

    Its outputs are left as the squared error made them: stretching would show the face's own shape
    as an expression.
    """
    return MeshRecipe(
        name="au-mesh",
        reads="mesh",
        shares=Shares(simulated=0.45, rendered=0.4, planted=0.15),
        simulated=120_000,
        networks=2,
    )


def difference() -> MeshRecipe:
    """A frame minus the person's neutral."""
    return MeshRecipe(
        name="au-mesh-difference",
        reads="mesh-difference",
        shares=Shares(simulated=0.45, rendered=0.35, planted=0.2),
        simulated=120_000,
        networks=2,
        calibration=Calibration(stretch=2.0),
    )


RECIPES = {recipe.name: recipe for recipe in (single(), difference())}
