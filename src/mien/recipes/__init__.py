"""Settings of each experiment, in one place each: ``mien train NAME`` runs one of RECIPES."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.training.recipe import Recipe

__all__ = ["RECIPES"]


def _at(module: str, name: str) -> "Callable[[], Recipe]":
    """A recipe whose file is read when it is asked for."""

    def recipe() -> "Recipe":
        made: Recipe = getattr(import_module(f"mien.recipes.{module}"), name)()
        return made

    return recipe


RECIPES: "dict[str, Callable[[], Recipe]]" = {}
"""Every experiment by name: a function that gives its recipe."""
