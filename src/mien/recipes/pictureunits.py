"""The picture network that mien ships: action units from a small crop, beside those of the mesh.

``mien train pictureunits --data DATA`` runs it after ``mien datasets crops`` (`docs/training.md`).
"""

from mien.training.picturerecipe import PictureRecipe

__all__ = ["picture"]


def picture() -> PictureRecipe:
    """The shipped network.

    Where the mesh network is dependable on a single picture, it holds the level; of brows and lids
    a teacher does, if there is one. The others are held loosely where the mesh network reads them:
    held at 0, they would learn that a smile is none.
    """
    return PictureRecipe(
        pull={12: 0.5, 25: 0.5, 26: 0.5, 43: 0.5, 10: 0.3, 20: 0.3, 22: 0.3, 28: 0.3},
        taught={1: 0.3, 2: 0.3, 4: 0.3, 5: 0.3, 7: 0.3},
    )
