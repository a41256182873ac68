"""Every network of the registry as small as it can be built."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from mien.models import build

__all__ = ["DETECTORS", "SMALL", "Small", "small"]


class Small(NamedTuple):
    """Settings that make a network fast, not others."""

    size: int = 64
    options: Mapping[str, Any] = MappingProxyType({})
    outputs: int | None = 3


DETECTORS = ("yolov5n", "yolov5s", "yolov5m")
"""Of 64 pixels they give 252 boxes with two classes each; their numbers count as one row."""
TRANSFORMER = {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 2}
SMALL = {
    "inception": Small(75, {"head": "plain"}),
    **dict.fromkeys(("alexnet", "vgg16", "vgg16-bn", "vgg19"), Small(64, {"head": "plain"})),
    **dict.fromkeys(("resnet50", "resnet101"), Small(64, {"head": "plain"})),
    "resnet18": Small(64, {"head": "small"}),
    "eacnet-enhancing": Small(64, {"size": 64}, 2),
    "eacnet": Small(64, {}, 2),
    "jaanet": Small(64, {"units": (1, 12), "size": 64}, 2),
    "megraphau": Small(224, {"backbone": "resnet18", "neighbours": 2}),
    "opengraphau": Small(224, {"backbone": "resnet18"}, 41),
    "mae": Small(32, {**TRANSFORMER, "decoder_width": 12, "decoder_heads": 2}, None),
    "mae-teacher": Small(32, TRANSFORMER),
    **dict.fromkeys(DETECTORS, Small(64, outputs=2)),
    "posterv2": Small(64, {"size": 64}),
}
"""A network that is not named here is built as it is."""


def small(name):
    """A new network with random weights."""
    settings = SMALL.get(name, Small())
    return build(name, settings.outputs, **settings.options)
