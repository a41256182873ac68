"""The same network with smaller numbers: weights stored as float16, or 8 bits throughout.

Works on ONNX files and needs no torch.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.errors import WeightsError
from mien.runtime import BATCH, open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32

__all__ = [
    "CONVOLUTIONS",
    "EIGHT_BITS",
    "HALVED",
    "PROBES",
    "SMALL",
    "Given",
    "answers",
    "comparable",
    "feeds",
    "first_of",
    "gap",
    "halve",
    "largest",
    "named",
    "quantize",
    "with_card",
]

Given = Float32 | tuple[Float32, ...]
"""What a network reads: one array, or a picture and its landmarks."""

HALVED = 1e-3
"""Largest difference allowed between a network and the same with weights stored as float16, as a
share of the largest output."""

PROBES = 8
"""Pictures on which a file is compared with its network."""

SMALL = 4096
"""Tables of fewer numbers than this stay float32: they cost nothing."""

EIGHT_BITS = (
    "Conv", "Gemm", "MatMul", "Add", "Relu", "MaxPool", "AveragePool", "GlobalAveragePool",
    "Concat", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze",
)  # fmt: skip
"""Operators that are computed in 8 bits; norms that are not part of a layer, and the last step to
probabilities, are not."""

CONVOLUTIONS = ("Conv", "Relu", "MaxPool", "Add")
"""The same of networks whose features go on through a graph. In 8 bits too, the graph of stage 1 of
ME-GraphAU is further from float32 (0.0050 on average instead of 0.0030), that of stage 2 hardly
(0.0040, 0.0038), and a tenth is gained in time at most."""

PREPARED = ("onnx.quant.pre_process", "onnxruntime.quant")
"""Tells the quantiser that shapes are inferred and layers fused, as our exporter leaves them."""


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with its large tables stored as float16 and widened when it is opened.

    It is computed in float32: the runtime has no float16 arithmetic for processors, and would widen
    at every step, so the file is half as large and as fast as before.
    """
    out = onnx.ModelProto()
    out.CopyFrom(model)
    casts = []
    for table in out.graph.initializer:
        values: NDArray[np.float32] = numpy_helper.to_array(table)
        if table.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        name = table.name
        table.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(out.graph.node)
    del out.graph.node[:]
    out.graph.node.extend(casts + nodes)
    return out


def quantize(
    model: onnx.ModelProto,
    batches: Iterable[Given],
    operators: Sequence[str] = EIGHT_BITS,
    spared: Sequence[str] = (),
) -> onnx.ModelProto:
    """The same network computed in 8 bits, as far as it has layers with weights.

    Static: ranges of what flows through it are the smallest and largest numbers that the given
    pictures cause (percentiles and entropy came no nearer to float32 in trials). Weights have a
    scale for each channel and 7 bits, so that older processors, which add products in 16 bits, do
    not overflow and give the same numbers; activations are unsigned, for which processors have
    instructions (a ResNet-18 takes a third of the time; with signed ones, more than before).

    Args:
        model: a network of float32 that reads "image".
        batches: pictures of the training part as the network reads them, each (n, 3, s, s), with
            their landmarks where it reads these too.
        operators: that are computed in 8 bits; others stay as they are.
        spared: names of nodes that stay as they are too, as `named` gives them.

    Raises:
        WeightsError: the network cannot be quantised.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        """Hands the pictures over."""

        def __init__(self) -> None:
            self._batches = iter(batches)

        def get_next(self) -> dict[str, Float32] | None:
            batch = next(self._batches, None)
            return None if batch is None else feeds((one.name for one in names), batch)

    names = model.graph.input
    given = named(model)
    helper.set_model_props(given, dict([PREPARED]))
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        path = Path(folder) / "int8.onnx"
        try:
            quantize_static(
                given,
                path,
                Reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(operators),
                nodes_to_exclude=list(spared),
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                extra_options={"TensorQuantOverrides": _stacks(given.graph)},
            )
        except (ValueError, RuntimeError, TypeError, AttributeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise WeightsError(f"the network cannot be quantised: {reason}") from error
        return onnx.load(str(path))


def named(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of a network each of whose nodes has a name."""
    out = onnx.ModelProto()
    out.CopyFrom(model)
    for place, node in enumerate(out.graph.node):
        node.name = node.name or f"{node.op_type}-{place}"
    return out


def _stacks(graph: onnx.GraphProto) -> dict[str, list[dict[str, bool]]]:
    """Weights of products side by side, (n, i, o): the runtime has them with one scale only."""
    used = {name for node in graph.node if node.op_type == "MatMul" for name in node.input}
    return {
        table.name: [{"reduce_range": True}]
        for table in graph.initializer
        if len(table.dims) > 2 and table.name in used
    }


def with_card(model: onnx.ModelProto, card: ModelSpec) -> onnx.ModelProto:
    """The network, changed in place, with this card inside and nothing else in its metadata."""
    helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    return model


def answers(path: Path, probe: Given) -> list[Float32]:
    """What the network of a file says of its input (n, ...): an array for each output."""
    session = open_session(path)
    names = [one.name for one in session.get_inputs()]
    fed = feeds(names, probe)
    parts = [
        session.run(None, {name: values[first : first + BATCH] for name, values in fed.items()})
        for first in range(0, len(fed[names[0]]), BATCH)
    ]
    return [np.concatenate(one) for one in zip(*parts, strict=True)]


def feeds(names: Iterable[str], given: Given) -> dict[str, Float32]:
    """What goes into each input of a network."""
    parts = given if isinstance(given, tuple) else (given,)
    return dict(zip(names, parts, strict=True))


def first_of(given: Given, count: int) -> tuple[Float32, ...]:
    """What belongs to the first pictures."""
    parts = given if isinstance(given, tuple) else (given,)
    return tuple(part[:count] for part in parts)


def comparable(values: Sequence[Float32], card: ModelSpec) -> list[Float32]:
    """The outputs on scales of about 1: what is in pixels, in sides of the crop or square."""
    return [
        one / np.float32(card.size) if name in ("landmarks", "boxes") else one
        for name, one in zip(card.outputs, values, strict=True)
    ]


def gap(found: Sequence[Float32], wanted: Sequence[Float32]) -> float:
    """The largest difference between what two networks say; NaN if anything is none."""
    gaps = [float(np.abs(one - want).max()) for one, want in zip(found, wanted, strict=True)]
    return float(np.max(gaps))


def largest(values: Sequence[Float32]) -> float:
    """The largest number of all outputs, at least 1."""
    return max(1.0, *(float(np.abs(one).max()) for one in values))
