"""What a recipe is trained on: checked at once, prepared if need be."""

from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import InputError

if TYPE_CHECKING:
    from mien.data.cache import Cache
    from mien.training.recipe import Recipe

__all__ = ["number_of", "prepared", "ready"]

ALL = "all"


def number_of(fold: str) -> int | None:
    """The number of a fold; None for all of them."""
    if fold == ALL:
        return None
    if not fold.isdecimal() or int(fold) < 1:
        raise InputError(f"--fold is {fold!r}, expected a number from 1, or {ALL}")
    return int(fold)


def ready(recipe: "Recipe", data: Path, number: int | None) -> "Cache | None":
    """The prepared data set; None of a copy that has to be prepared first.

    Refuses what does not fit, before the slow learning half is loaded.
    """
    from mien.data import data_set
    from mien.training.fitting import check_data, check_fold

    if not data.is_dir():
        raise InputError(
            f"{data} is no folder; give --data what mien datasets prepare made, or your copy of "
            f"{recipe.data.name}"
        )
    data_set(recipe.data.name)
    if not (data / "cache.json").exists():
        return None
    from mien.data.cache import open_cache

    cache = open_cache(data)
    check_data(recipe, cache)
    check_fold(recipe, cache, number)
    return cache


def prepared(recipe: "Recipe", data: Path, runs: Path, quiet: bool) -> "Cache":
    """A copy of the set, prepared beside the runs."""
    from mien.cli.progress import counting, showing_progress
    from mien.data import read
    from mien.data.cache import prepare

    one = recipe.data
    folder = runs / "prepared" / f"{one.name}-{one.template}-{one.aligned}"
    index = read(one.name, data)
    folder.mkdir(parents=True, exist_ok=True)
    with showing_progress(quiet) as show:
        workers = max(1, recipe.trainer.workers)
        tell = counting(show, folder)
        return prepare(index, folder, one.template, one.aligned, workers=workers, progress=tell)
