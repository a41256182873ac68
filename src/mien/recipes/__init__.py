"""Settings of each experiment, in one place each: ``mien train NAME`` runs one of RECIPES."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.training.recipe import Recipe

__all__ = ["RECIPES"]


def _at(module: str, name: str, *arguments: str | int) -> "Callable[[], Recipe]":
    """A recipe whose file is read when it is asked for."""

    def recipe() -> "Recipe":
        made: Recipe = getattr(import_module(f"mien.recipes.{module}"), name)(*arguments)
        return made

    return recipe


_CKPLUS = (
    "alexnet", "vgg16", "vgg16-bn", "vgg19", "resnet18", "resnet50", "resnet101", "inception",
)  # fmt: skip

RECIPES: "dict[str, Callable[[], Recipe]]" = {
    **{f"ckplus-{name}": _at("ckplus", "corrected", name) for name in _CKPLUS},
    **{f"ckplus-{name}-source": _at("ckplus", "source", name) for name in _CKPLUS},
    **{f"ckplus-{name}-last": _at("ckplus", "last", name) for name in _CKPLUS[:4]},
    "eacnet-bp4d": _at("eacnet", "bp4d"),
    "eacnet-bp4d-enhancing": _at("eacnet", "bp4d", 1),
    "eacnet-disfa": _at("eacnet", "disfa"),
    "eacnet-disfa-enhancing": _at("eacnet", "disfa", 1),
    "jaanet-bp4d": _at("jaanet", "bp4d"),
    "jaanet-bp4d-small": _at("jaanet", "bp4d_small"),
    "jaanet-bp4d-v1": _at("jaanet", "bp4d", 1),
    "jaanet-disfa": _at("jaanet", "disfa"),
    "jaanet-disfa-v1": _at("jaanet", "disfa", 1),
    "megraphau-bp4d": _at("megraphau", "bp4d"),
    "megraphau-bp4d-stage1": _at("megraphau", "bp4d", 1),
    "megraphau-disfa": _at("megraphau", "disfa"),
    "megraphau-disfa-stage1": _at("megraphau", "disfa", 1),
    "planted-jaanet": _at("planted", "alignment"),
    "planted-resnet18": _at("planted", "occurrence"),
    "planted-resnet18-intensity": _at("planted", "intensity"),
    "rafdb-resnet18": _at("rafdb", "expression", "resnet18"),
    "rafdb-resnet50": _at("rafdb", "expression", "resnet50"),
}
"""Every experiment by name: a function that gives its recipe."""
