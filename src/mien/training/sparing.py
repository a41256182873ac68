"""Which layers stay float32, so that a network in 8 bits says nearly what it said before.

Works on ONNX files and needs no torch.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx

from mien.training.precision import Given, answers, first_of, named, quantize
from mien.values import Float32

__all__ = ["SHARES", "Try", "sensitivities", "tries"]

LAYERS = ("Conv", "Gemm", "MatMul")
"""Operators that are spared one by one."""
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Of the layers, how many are spared, the most sensitive first."""
LEAST = 1e-6
"""What an output is divided by at least: one may be nothing but 0."""
SENSED = 16
"""Pictures on which a layer's part in the difference is measured."""


class Try(NamedTuple):
    """A network in 8 bits as far as it goes."""

    model: onnx.ModelProto
    spared: int
    """Layers that stay float32 of those that could be computed in 8 bits."""
    layers: int


def tries(
    model: onnx.ModelProto,
    batches: Callable[[], Iterable[Given]],
    operators: Sequence[str],
    outputs: int = 1,
) -> Iterator[Try]:
    """The network in 8 bits, the quickest first; each further one is nearer to float32.

    First all operators; then without sums, which add up what earlier layers have lost; then with
    more and more layers spared, by how much each alone changes the scores. That is measured
    when the third is asked for, and takes a few seconds for each layer.

    Args:
        model: a network of float32.
        batches: gives the training pictures, see `quantize`.
        operators: that are computed in 8 bits.
        outputs: how many of the outputs are scores; they come first.
    """
    layers = _layers(model, operators)
    yield Try(quantize(model, batches(), operators), 0, len(layers))
    fewer = [one for one in operators if one != "Add"]
    if any(node.op_type == "Add" and node.op_type in operators for node in model.graph.node):
        yield Try(quantize(model, batches(), fewer), 0, len(layers))
    probe = first_of(next(iter(batches())), SENSED)
    found = sensitivities(model, probe if len(probe) > 1 else probe[0], fewer, outputs)
    worst = sorted(found, key=lambda name: -found[name])
    for count in dict.fromkeys(round(share * len(worst)) for share in SHARES):
        if count:
            spared = worst[:count]
            yield Try(quantize(model, batches(), fewer, spared), count, len(layers))


def sensitivities(
    model: onnx.ModelProto, probe: Given, operators: Sequence[str], outputs: int = 1
) -> dict[str, float]:
    """Change of the scores when one layer alone is computed in 8 bits, by its name.

    The mean of each output's numbers, as a share of its largest; of several outputs their sum.

    Args:
        model: a network of float32.
        probe: what it reads; the ranges are taken of it too.
        operators: that may be computed in 8 bits.
        outputs: how many of the outputs are scores; they come first.
    """
    whole = named(model)
    others = [node.name for node in whole.graph.node if node.op_type in operators]
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        path = Path(folder) / "one.onnx"

        def said(one: onnx.ModelProto) -> list[Float32]:
            path.write_bytes(one.SerializeToString())
            return answers(path, probe)[:outputs]

        wanted = said(whole)
        found = {}
        for name in _layers(whole, operators):
            spared = [one for one in others if one != name]
            changed = said(quantize(whole, [probe], operators, spared))
            found[name] = sum(
                float(np.abs(one - want).mean() / max(np.abs(want).max(), LEAST))
                for one, want in zip(changed, wanted, strict=True)
            )
    return found


def _layers(model: onnx.ModelProto, operators: Sequence[str]) -> list[str]:
    """Names of the layers that could be computed in 8 bits."""
    kinds = [one for one in LAYERS if one in operators]
    return [node.name for node in named(model).graph.node if node.op_type in kinds]
