"""What a network weighs, counted in its ONNX file: numbers that it learned, multiplications.

Counted in the file, for that is what is used: batch norms are part of their convolutions there.
Operations are the multiply-adds of convolutions and matrix products for one face, a multiply-add
counting once, as papers give "FLOPs" of ResNet-50 as 4.1 G. Shapes are those of a real run.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import onnx
from onnx import TensorProto, helper

from mien.errors import WeightsError
from mien.runtime import open_session
from mien.training.precision import Given, feeds, first_of
from mien.values import Float32

__all__ = ["Counted", "count"]

PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Operators whose multiply-adds are counted."""

UNCOUNTED = (
    "Einsum", "LSTM", "GRU", "RNN", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul",
)  # fmt: skip
"""Operators that multiply too, and are only named."""

SCALES = ("QuantizeLinear", "DequantizeLinear")
"""Their second and third inputs are no weights."""

WEIGHTS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT8,
           TensorProto.UINT8, TensorProto.INT32)  # fmt: skip
"""Types of tables of learned numbers: biases of 8-bit layers have 32 bits."""


class Counted(NamedTuple):
    """What was counted in a file."""

    parameters: int
    """Numbers in its tables of weights."""
    operations: int
    """Multiply-adds for one face."""
    uncounted: tuple[str, ...]
    """Operators that multiply and are not counted."""


def count(path: Path, probe: Given) -> Counted:
    """Count the numbers and the multiply-adds of a network.

    Args:
        path: an ONNX file.
        probe: what it reads, of one face or more, of which the first is shown to it.

    Raises:
        WeightsError: it is no ONNX file, or cannot be run.
    """
    try:
        model = onnx.load(str(path))
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(f"{path.name} cannot be opened as an ONNX network: {reason}") from error
    kinds = {node.op_type for node in model.graph.node}
    sizes = _shapes(model, first_of(probe, 1))
    operations = sum(
        _multiply_adds(node, sizes) for node in model.graph.node if node.op_type in PRODUCTS
    )
    return Counted(_parameters(model), operations, tuple(sorted(kinds & set(UNCOUNTED))))


def _parameters(model: onnx.ModelProto) -> int:
    """Numbers in tables of weights, each table once."""
    apart = {name for node in model.graph.node if node.op_type in SCALES for name in node.input[1:]}
    indices = {
        table.name: table.data_type == TensorProto.INT32 for table in model.graph.initializer
    }
    dequantised = {node.input[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    return sum(
        math.prod(table.dims)
        for table in model.graph.initializer
        if table.dims  # a number by itself is a setting, such as the end of a range
        and table.data_type in WEIGHTS
        and table.name not in apart
        and not (indices[table.name] and table.name not in dequantised)
    )


def _shapes(model: onnx.ModelProto, given: tuple[Float32, ...]) -> dict[str, tuple[int, ...]]:
    """Shapes of what products read and give, with one face: tables as stored, the rest by a run."""
    sizes = {table.name: tuple(table.dims) for table in model.graph.initializer}
    names = [one.name for one in model.graph.input if one.name not in sizes]
    fed = feeds(names, given)
    sizes |= {name: tuple(values.shape) for name, values in fed.items()}
    asked = [
        name
        for node in model.graph.node
        if node.op_type in PRODUCTS
        for name in (*node.input[:2], *node.output[:1])
        if name not in sizes
    ]
    open_ended = onnx.ModelProto()
    open_ended.CopyFrom(model)
    wanted = list(dict.fromkeys(asked))
    have = {one.name for one in model.graph.output}
    open_ended.graph.output.extend(
        helper.make_empty_tensor_value_info(name) for name in wanted if name not in have
    )
    if wanted:
        with TemporaryDirectory(prefix="mien-") as folder:
            path = Path(folder) / "open.onnx"
            path.write_bytes(open_ended.SerializeToString())
            found = open_session(path).run(wanted, fed)
        sizes |= {name: tuple(one.shape) for name, one in zip(wanted, found, strict=True)}
    return sizes


def _multiply_adds(node: onnx.NodeProto, sizes: dict[str, tuple[int, ...]]) -> int:
    """Those of one operator."""
    first, second = (sizes[name] for name in node.input[:2])
    out = sizes[node.output[0]]
    if node.op_type == "Conv":  # weights (out, in / groups, ...)
        return math.prod(out) * math.prod(second[1:])
    if node.op_type == "ConvTranspose":  # weights (in, out / groups, ...)
        return math.prod(first) * math.prod(second[1:])
    if node.op_type == "Gemm":
        turned = _attribute(node.attribute, "transA")
        return math.prod(out) * first[0 if turned else 1]
    return math.prod(out) * first[-1]


def _attribute(attributes: Iterable[onnx.AttributeProto], name: str) -> int:
    """A number of an operator; 0 where it is not given."""
    return next((int(one.i) for one in attributes if one.name == name), 0)
