"""Turn a face model's graph into ONNX with standard operators: same numbers, free batch axis.

TFLite keeps pictures as (batch, height, width, channels), ONNX as (batch, channels, height,
width). Values remember which of the two they are in, and are turned only where it matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import WeightsError
from mien.weights import attention
from mien.weights.attention import Transform
from mien.weights.onnxwriter import OnnxWriter
from mien.weights.tflite import Graph, Operation

__all__ = ["INPUT", "lower"]

INPUT = "image"
"""Name of the only input, float32 (batch, height, width, 3)."""

SAME = 0
RELU = 1

TO_PLANES = [0, 3, 1, 2]
TO_PIXELS = [0, 2, 3, 1]


@dataclass(frozen=True)
class Value:
    """Name of a value in the ONNX graph, and whether its channels come before its pixels."""

    name: str
    planes: bool = False


def lower(graph: Graph, note: str = "") -> bytes:
    """Write a face model as an ONNX file.

    Args:
        graph: the model, as ``tflite.read`` gives it.
        note: text that the file carries: where it came from, under which licence.

    Returns:
        The file. Its input is "image"; its outputs have the model's own names and shapes.

    Raises:
        WeightsError: the model uses an operation, or a form of one, that face models do not.
    """
    lowering = _Lowering(graph)
    for operation in graph.operations:
        lowering.follow(operation)
    return lowering.finish(note)


class _Lowering:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.writer = OnnxWriter()
        self.values: dict[int, Value] = {}
        self.transforms: dict[int, Transform] = {}
        self.constants: dict[int, NDArray[Any]] = {
            number: tensor.data
            for number, tensor in enumerate(graph.tensors)
            if tensor.data is not None
        }
        turned = self.writer.add("Transpose", INPUT, perm=TO_PLANES)
        self.values[graph.inputs[0]] = Value(turned, planes=True)

    def follow(self, operation: Operation) -> None:
        if operation.kind not in RULES:
            raise WeightsError(
                f"the face model uses {operation.kind!r}, which has no counterpart here; "
                "use the pinned model file"
            )
        RULES[operation.kind](self, operation)

    def finish(self, note: str) -> bytes:
        outputs = {}
        for number in self.graph.outputs:
            tensor = self.graph.tensors[number]
            self.writer.output(self.pixels(number), tensor.name)
            outputs[tensor.name] = tensor.shape[1:]
        shape = self.shape(self.graph.inputs[0])
        return self.writer.model({INPUT: shape[1:]}, outputs, note)

    def shape(self, number: int) -> tuple[int, ...]:
        return self.graph.tensors[number].shape

    def planes(self, number: int) -> str:
        value = self.values[number]
        if value.planes or len(self.shape(number)) != 4:
            return value.name
        return self.writer.add("Transpose", value.name, perm=TO_PLANES)

    def pixels(self, number: int) -> str:
        value = self.values[number]
        if not value.planes:
            return value.name
        return self.writer.add("Transpose", value.name, perm=TO_PIXELS)

    def floats(self, number: int) -> NDArray[np.float32]:
        return self.constants[number].astype(np.float32)

    def keep(self, operation: Operation, name: str, planes: bool = True) -> None:
        """Store the result, with the activation that the file fused into the operation."""
        activation = operation.options.get("activation", 0)
        if activation not in (0, RELU):
            raise WeightsError(
                f"the face model fuses activation {activation} into {operation.kind}, "
                "expected none or relu; use the pinned model file"
            )
        if activation == RELU:
            name = self.writer.add("Relu", name)
        self.values[operation.outputs[0]] = Value(name, planes)


Rule = Callable[[_Lowering, Operation], None]


def _unpack(graph: _Lowering, operation: Operation) -> None:
    """Half floats become floats, sparse ones became dense when read: constants both."""
    source = graph.constants[operation.inputs[0]]
    wanted = np.float32 if operation.kind == "dequantize" else source.dtype
    graph.constants[operation.outputs[0]] = source.astype(wanted)


def _conv(graph: _Lowering, operation: Operation) -> None:
    picture, weight, bias = operation.inputs
    kernel = graph.floats(weight)
    channels = graph.shape(picture)[3]
    if operation.kind == "depthwise-conv":
        kernel, groups = kernel.transpose(3, 0, 1, 2), channels
    else:
        kernel, groups = kernel.transpose(0, 3, 1, 2), 1
    options = operation.options
    size = (kernel.shape[2], kernel.shape[3])
    result = graph.writer.add(
        "Conv",
        graph.planes(picture),
        graph.writer.floats(kernel),
        graph.writer.floats(graph.floats(bias)),
        kernel_shape=size,
        strides=[options["stride_h"], options["stride_w"]],
        dilations=[options["dilation_h"], options["dilation_w"]],
        pads=_padding(operation, graph.shape(picture), size),
        group=groups,
    )
    graph.keep(operation, result)


def _max_pool(graph: _Lowering, operation: Operation) -> None:
    options = operation.options
    size = (options["filter_h"], options["filter_w"])
    result = graph.writer.add(
        "MaxPool",
        graph.planes(operation.inputs[0]),
        kernel_shape=size,
        strides=[options["stride_h"], options["stride_w"]],
        pads=_padding(operation, graph.shape(operation.inputs[0]), size),
    )
    graph.keep(operation, result)


def _padding(
    operation: Operation, shape: tuple[int, ...], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Rows and columns to add before, then after; the smaller half goes before."""
    options = operation.options
    if options["padding"] != SAME:
        return (0, 0, 0, 0)
    totals = []
    for axis, name in enumerate("hw"):
        length, step = shape[axis + 1], options[f"stride_{name}"]
        reach = (size[axis] - 1) * options.get(f"dilation_{name}", 1) + 1
        totals.append(max((-(-length // step) - 1) * step + reach - length, 0))
    top, left = totals[0] // 2, totals[1] // 2
    return (top, left, totals[0] - top, totals[1] - left)


def _prelu(graph: _Lowering, operation: Operation) -> None:
    # y = a * x + (1 - a) * relu(x), the products as 1 x 1 depthwise convolutions: those stay in
    # the runtime's blocked layout, and the mesh takes 2.9 ms instead of 3.5 with plain arithmetic
    # and 5.3 with PRelu. Slopes run from -4.2 to 6.2: max(x, a * x) would be another function.
    value = graph.planes(operation.inputs[0])
    slope = graph.floats(operation.inputs[1]).reshape(-1)
    positive = graph.writer.add("Relu", value)
    parts = _per_channel(graph, value, slope), _per_channel(graph, positive, 1 - slope)
    graph.keep(operation, graph.writer.add("Add", *parts))


def _per_channel(graph: _Lowering, value: str, factors: NDArray[np.float32]) -> str:
    """Multiply each channel by a number of its own."""
    kernel = graph.writer.floats(factors.reshape(-1, 1, 1, 1))
    return graph.writer.add("Conv", value, kernel, kernel_shape=[1, 1], group=factors.size)


def _relu(graph: _Lowering, operation: Operation) -> None:
    graph.keep(operation, graph.writer.add("Relu", graph.planes(operation.inputs[0])))


def _add(graph: _Lowering, operation: Operation) -> None:
    left, right = (graph.planes(number) for number in operation.inputs)
    graph.keep(operation, graph.writer.add("Add", left, right))


def _pad(graph: _Lowering, operation: Operation) -> None:
    amounts = graph.constants[operation.inputs[1]][TO_PLANES]
    before_after = graph.writer.integers(*(int(n) for n in amounts.T.reshape(-1)))
    value = graph.planes(operation.inputs[0])
    graph.keep(operation, graph.writer.add("Pad", value, before_after))


def _resize(graph: _Lowering, operation: Operation) -> None:
    options = operation.options
    if options["align_corners"] or not options["half_pixel"]:
        raise WeightsError(
            "the face model resizes with its corners aligned, expected half-pixel centres; "
            "use the pinned model file"
        )
    old, new = graph.shape(operation.inputs[0]), graph.shape(operation.outputs[0])
    scales = graph.writer.floats([1, 1, new[1] / old[1], new[2] / old[2]])
    value = graph.planes(operation.inputs[0])
    mode = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    graph.keep(operation, graph.writer.add("Resize", value, "", scales, **mode))


def _depth_to_space(graph: _Lowering, operation: Operation) -> None:
    value = graph.planes(operation.inputs[0])
    size = operation.options["block"]
    result = graph.writer.add("DepthToSpace", value, blocksize=size, mode="DCR")
    graph.keep(operation, result)


def _reshape(graph: _Lowering, operation: Operation) -> None:
    shape = graph.shape(operation.outputs[0])[1:]
    value = graph.pixels(operation.inputs[0])
    result = graph.writer.add("Reshape", value, graph.writer.integers(-1, *shape))
    graph.keep(operation, result, planes=False)


def _concatenation(graph: _Lowering, operation: Operation) -> None:
    parts = [graph.pixels(number) for number in operation.inputs]
    result = graph.writer.add("Concat", *parts, axis=operation.options["axis"])
    graph.keep(operation, result, planes=False)


def _mul(graph: _Lowering, operation: Operation) -> None:
    number, factor = operation.inputs
    factors = graph.floats(factor)
    if number in graph.transforms:
        scaled = attention.scale_shift(graph.writer, graph.transforms[number], factors)
        graph.transforms[operation.outputs[0]] = scaled
    else:
        result = graph.writer.add("Mul", graph.pixels(number), graph.writer.floats(factors))
        graph.keep(operation, result, planes=False)


def _slice(graph: _Lowering, operation: Operation) -> None:
    """The face models slice a value only whole, to give it another name."""
    number, result = operation.inputs[0], operation.outputs[0]
    if graph.shape(number) != graph.shape(result):
        raise WeightsError(
            f"the face model cuts {graph.shape(number)} down to {graph.shape(result)}, "
            "expected the whole; use the pinned model file"
        )
    graph.values[result] = graph.values[number]


def _matrix(graph: _Lowering, operation: Operation) -> None:
    points = graph.pixels(operation.inputs[0])
    made = attention.matrix(graph.writer, points, operation.options)
    graph.transforms[operation.outputs[0]] = made


def _sample(graph: _Lowering, operation: Operation) -> None:
    number, transform = operation.inputs
    _, height, width, _ = graph.shape(number)
    result = attention.sample(
        graph.writer,
        graph.planes(number),
        graph.transforms[transform],
        (height, width),
        graph.shape(operation.outputs[0])[1],
    )
    graph.keep(operation, result)


def _move(graph: _Lowering, operation: Operation) -> None:
    number, transform = operation.inputs
    points = graph.pixels(number)
    result = attention.apply(graph.writer, points, graph.transforms[transform])
    graph.keep(operation, result, planes=False)


RULES: dict[str, Rule] = {
    "add": _add,
    "concatenation": _concatenation,
    "conv": _conv,
    "densify": _unpack,
    "depth-to-space": _depth_to_space,
    "depthwise-conv": _conv,
    "dequantize": _unpack,
    "max-pool": _max_pool,
    "mul": _mul,
    "pad": _pad,
    "prelu": _prelu,
    "relu": _relu,
    "reshape": _reshape,
    "resize-bilinear": _resize,
    "strided-slice": _slice,
    "Landmarks2TransformMatrix": _matrix,
    "TransformTensorBilinear": _sample,
    "TransformLandmarks": _move,
}
"""What each kind of operation becomes."""
