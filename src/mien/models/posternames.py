"""Names of POSTER V2's tensors: ours, those of the authors, those of pretrained streams."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from torch import Tensor

from mien.errors import WeightsError

__all__ = ["UNUSED", "published_names", "theirs"]

UNUSED = (
    "ir_back.output_layer.", "face_landback.output_layer.", "VIT.patch_embed.proj.",
    "VIT.eca_block.conv.", "VIT.CON1.", "VIT.IRLinear1.", "VIT.IRLinear2.", "VIT.blocks.0.conv.",
    "VIT.blocks.1.conv.", *(f"attn{scale}.relative_position_index" for scale in (1, 2, 3)),
)  # fmt: skip
"""What names begin with in the authors' checkpoints of what no result depends on, and of indices
that follow from the size."""

STREAMS = MappingProxyType({
    "IR-50": ("ir_back.", "input_layer.0.weight"),
    "MobileFaceNet": ("face_landback.", "conv_6_sep.conv.weight"),
})  # fmt: skip
"""Pretrained streams: what their names begin with in POSTER V2, and a name by which a file of the
stream alone is known."""
WHOLE = "VIT.head.linear.weight"
"""A name by which a file of all of POSTER V2 is known."""
LAST_STAGE = "body4.", "body.21.", "body.22.", "body.23."
"""Of IR-50; it has no part in POSTER V2."""
SHOWN = 3
"""Names listed in an error."""

_MODULES = {
    "narrow": "last_face_conv",
    "head": "VIT.head.linear",
    "pyramid.token": "VIT.cls_token",
    "pyramid.positions": "VIT.pos_embed",
    "pyramid.norm": "VIT.norm",
    "pyramid.gate.0": "VIT.se_block.linear1",
    "pyramid.gate.2": "VIT.se_block.linear2",
    "embeds.0.0": "embed_q.0",
    "embeds.0.1": "embed_q.1",
    "embeds.1.0": "embed_k.0",
    "embeds.2.0": "embed_v.proj",
}
_BLOCK = {
    "attention_norm": "norm1",
    "query_key_value": "attn.qkv",
    "project": "attn.proj",
    "perceptron_norm": "norm2",
    "perceptron.0": "mlp.fc1",
    "perceptron.2": "mlp.fc2",
}
"""Parts of a block of the transformer."""
_SCALE = {
    "halve": "conv{0}",
    "norm": "window{0}.norm",
    "attention.bias_table": "attn{0}.relative_position_bias_table",
    "attention.key_value": "attn{0}.qkv",
    "attention.project": "attn{0}.proj",
    "attention_factor": "ffn{0}.gamma1",
    "between": "ffn{0}.norm",
    "perceptron.0": "ffn{0}.mlp.fc1",
    "perceptron.2": "ffn{0}.mlp.fc2",
    "perceptron_factor": "ffn{0}.gamma2",
}
"""Parts of a scale, by the number of the scale from 1."""
_LAYERS = "conv", "bn", "prelu"
_UNIT = {"widen": "conv", "filter": "conv_dw", "narrow": "project"}
"""Parts of a unit of the landmark stream."""
_FIRST = "conv1", "conv2_dw"
_HALVING, _REST = ("conv_23", "conv_34", "conv_45"), ("conv_3", "conv_4", "conv_5")


def theirs(key: str) -> str:
    """The official name of one of our tensors."""
    part, _, rest = key.partition(".")
    if part == "image":
        return f"ir_back.{_image(rest)}"
    if part == "landmarks":
        return f"face_landback.{_landmarks(rest)}"
    if found := re.fullmatch(r"scales\.(\d)\.(.+)", key):
        return _named(found[2], _SCALE).format(int(found[1]) + 1)
    if found := re.fullmatch(r"pyramid\.blocks\.(\d)\.(.+)", key):
        return f"VIT.blocks.{found[1]}.{_named(found[2], _BLOCK)}"
    return _named(key, _MODULES)


def published_names(
    weights: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> dict[str, Tensor] | None:
    """Weights of the authors, or of a pretrained stream, by our names.

    Args:
        weights: by the authors' names, with or without the ``module.`` of data parallel training.
        own: what POSTER V2 has, by our names.

    Returns:
        None of anything else.

    Raises:
        WeightsError: a tensor is missing, or is there that should not be.
    """
    plain = {key.removeprefix("module."): value for key, value in weights.items()}
    if WHOLE in plain:
        return _taken(plain, own, "", "POSTER V2")
    for name, (prefix, mark) in STREAMS.items():
        if mark in plain:
            led = {prefix + one: value for one, value in _counted(plain).items()}
            return _taken(led, own, prefix, name)
    return None


def _taken(
    found: Mapping[str, Tensor], own: Mapping[str, Tensor], prefix: str, name: str
) -> dict[str, Tensor]:
    """What begins with a prefix, by our names; no more and no less."""
    wanted = {theirs(key): key for key in own if theirs(key).startswith(prefix)}
    given = {key: value for key, value in found.items() if not key.startswith(UNUSED)}
    for word, keys in (
        ("lacks", set(wanted) - set(given)),
        ("has unknown", set(given) - set(wanted)),
    ):
        if keys:
            more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
            listed = ", ".join(key.removeprefix(prefix) for key in sorted(keys)[:SHOWN])
            raise WeightsError(
                f"these weights of {name} {word} tensors: {listed}{more}; name a checkpoint of the "
                "authors, or one of IR-50 or of MobileFaceNet as POSTER V2 has them"
            )
    return {wanted[key]: value for key, value in given.items()}


def _counted(plain: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of IR-50 by stage, without its last; some files count the units through."""
    kept = {key: value for key, value in plain.items() if not key.startswith(LAST_STAGE)}
    return {re.sub(r"^body\.(\d+)\.", _stage, key): value for key, value in kept.items()}


def _stage(found: re.Match[str]) -> str:
    number = int(found[1])
    stage, first = (1, 0) if number < 3 else (2, 3) if number < 7 else (3, 7)
    return f"body{stage}.{number - first}."


def _named(key: str, names: Mapping[str, str]) -> str:
    """A parameter by its own name or that of its module."""
    if key in names:
        return names[key]
    module, _, last = key.rpartition(".")
    return f"{names[module]}.{last}"


def _image(key: str) -> str:
    """Of a tensor of the image stream."""
    kind, *rest = key.split(".")
    if kind == "first":
        return ".".join(("input_layer", *rest))
    stage, unit, part, *last = rest
    named = {"residual": "res_layer", "shortcut": "shortcut_layer"}[part]
    return ".".join((f"body{int(stage) + 1}", unit, named, *last))


def _landmarks(key: str) -> str:
    """Of a tensor of the landmark stream."""
    kind, stage, *rest = key.split(".")
    if kind == "first":
        layer, last = rest
        return f"{_FIRST[int(stage)]}.{_LAYERS[int(layer)]}.{last}"
    unit, part, *more = rest
    if unit == "last":
        return f"conv_6_sep.{_LAYERS[int(part)]}.{more[0]}"
    number = int(unit)
    block = f"{_REST[int(stage)]}.model.{number - 1}" if number else _HALVING[int(stage)]
    layer, last = more
    return f"{block}.{_UNIT[part]}.{_LAYERS[int(layer)]}.{last}"
