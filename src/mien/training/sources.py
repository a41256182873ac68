"""Where a fold starts or learns from, and whether it can: an earlier stage of the same fold."""

from pathlib import Path

from mien.errors import InputError
from mien.models.starting import sources
from mien.training.recipe import Recipe
from mien.training.runfolder import units_of

__all__ = ["placed", "source_of"]


def placed(source: str, fold: int, runs: Path) -> str:
    """Fill in "{fold}" and "{runs}"."""
    return source.replace("{fold}", str(fold)).replace("{runs}", str(runs))


def source_of(recipe: Recipe, fold: int, runs: Path) -> str:
    """What a fold of a recipe starts from, filled in.

    Raises:
        InputError: it goes on from a run beside it which has not been trained, or from one that
            reads as many units, but other ones: each would start from what another has learned.
    """
    source, filled = recipe.model.start, placed(recipe.model.start, fold, runs)
    if source.startswith("{runs}/") and not Path(filled).exists():
        first, number = source.split("/")[1], Path(filled).name.removeprefix("fold")
        raise InputError(
            f"{recipe.name} goes on from {filled}, which is not there; train it first, with the "
            f"same --runs: mien train {first} --fold {number} --data CACHE; or name what else to "
            "start from with --set model.start=RUN"
        )
    for one in sources(filled):
        _check_units(recipe, Path(one).expanduser())
    return filled


def _check_units(recipe: Recipe, path: Path) -> None:
    """Refuse a run of as many, but other, units."""
    there, here = units_of(path if path.is_dir() else path.parent), recipe.data.units
    if len(there) == len(here) and there != here:
        named, wanted = (", ".join(map(str, units)) for units in (there, here))
        raise InputError(
            f"{recipe.name} reads the units {wanted}, and {path}, which it would start from, reads "
            f"{named}: as many, so that each unit would go on from another; train the first run on "
            f"the same units in the same order, with --set data.units={wanted.replace(' ', '')}"
        )
