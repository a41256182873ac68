"""Settings of each experiment, in one place each: ``mien train NAME`` runs one of RECIPES."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.training.recipe import Recipe

__all__ = ["CHAINS", "RECIPES"]


def _at(module: str, name: str, *arguments: str | int) -> "Callable[[], Recipe]":
    """A recipe whose file is read when it is asked for."""

    def recipe() -> "Recipe":
        made: Recipe = getattr(import_module(f"mien.recipes.{module}"), name)(*arguments)
        return made

    return recipe


_CKPLUS = (
    "alexnet", "vgg16", "vgg16-bn", "vgg19", "resnet18", "resnet50", "resnet101", "inception",
)  # fmt: skip

_POSTERV2 = ("rafdb", "affectnet7", "affectnet8", "caers")

RECIPES: "dict[str, Callable[[], Recipe]]" = {
    **{f"ckplus-{name}": _at("ckplus", "corrected", name) for name in _CKPLUS},
    **{f"ckplus-{name}-source": _at("ckplus", "source", name) for name in _CKPLUS},
    **{f"ckplus-{name}-last": _at("ckplus", "last", name) for name in _CKPLUS[:4]},
    "distill-mae": _at("distill", "pictures"),
    "distill-mae-affectnet": _at("distill", "affectnet", "mae-teacher"),
    "distill-disfa-mae": _at("distill", "disfa", "distill-disfa-mae"),
    "distill-resnet18-affectnet": _at("distill", "affectnet", "student"),
    "distill-disfa-resnet18": _at("distill", "disfa", "distill-disfa-resnet18"),
    "distill-disfa-pretrained": _at("distill", "disfa", "distill-disfa-pretrained"),
    "distill-disfa": _at("distill", "disfa", "distill-disfa"),
    "distill-combined-mae": _at("combined", "teacher"),
    "distill-combined": _at("combined", "student"),
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
    "planted-ckplus": _at("ckplus", "planted"),
    "planted-eacnet": _at("eacnet", "planted"),
    "planted-eacnet-enhancing": _at("eacnet", "planted", 1),
    "planted-mae": _at("planted_distill", "pictures"),
    "planted-mae-teacher": _at("planted_distill", "teacher"),
    "planted-student": _at("planted_distill", "student"),
    "planted-distill": _at("planted_distill", "distilled"),
    "planted-combined": _at("combined", "planted"),
    "planted-jaanet": _at("planted", "alignment"),
    "planted-resnet18": _at("planted", "occurrence"),
    "planted-resnet18-intensity": _at("planted", "intensity"),
    "planted-posterv2": _at("planted", "expression"),
    "planted-rafdb": _at("rafdb", "planted"),
    **{f"posterv2-{name}": _at("posterv2", "expression", name) for name in _POSTERV2},
    **{f"posterv2-{name}-release": _at("posterv2", "release", name) for name in _POSTERV2},
    "rafdb-resnet18": _at("rafdb", "expression", "resnet18"),
    "rafdb-resnet50": _at("rafdb", "expression", "resnet50"),
}
"""Every experiment by name: a function that gives its recipe."""

CHAINS: dict[str, tuple[str, ...]] = {
    "distill-disfa": (
        "distill-mae",
        "distill-mae-affectnet",
        "distill-disfa-mae",
        "distill-resnet18-affectnet",
        "distill-disfa-resnet18",
        "distill-disfa-pretrained",
        "distill-disfa",
    ),
    "distill-combined": ("distill-mae", "distill-combined-mae", "distill-combined"),
    "planted-distill": ("planted-mae", "planted-mae-teacher", "planted-student", "planted-distill"),
}
"""Recipes with stages: all of them, each after those that it starts from or is compared with."""
