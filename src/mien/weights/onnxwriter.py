"""Write an ONNX graph node by node; equal constants are stored once."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import helper, numpy_helper

__all__ = ["OPSET", "OnnxWriter"]

OPSET = 18
IR_VERSION = 9  # the oldest that knows the opset, so that older runtimes can open the files


class OnnxWriter:
    """Collects nodes and constants; every method answers the name of a value."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Any] = {}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:  # noqa: ANN401
        """Append a node of one output."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def floats(self, values: ArrayLike) -> str:
        """A float32 constant."""
        return self._constant(np.asarray(values, np.float32))

    def integers(self, *values: int) -> str:
        """A constant int64 vector: a shape, axes, indices."""
        return self._constant(np.asarray(values, np.int64))

    def _constant(self, values: NDArray[Any]) -> str:
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = numpy_helper.from_array(np.ascontiguousarray(values), name)
            self._constants[key].dims[:] = values.shape  # ascontiguousarray gives a scalar an axis
        return str(self._constants[key].name)

    def output(self, value: str, name: str) -> None:
        """Give a value the name of an output."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))

    def model(
        self,
        inputs: Mapping[str, Sequence[int]],
        outputs: Mapping[str, Sequence[int]],
        note: str,
    ) -> bytes:
        """The checked file.

        Args:
            inputs: sizes of each input without the batch axis, which is left free.
            outputs: the same of each output.
            note: text that the file carries.
        """
        graph = helper.make_graph(
            self._nodes,
            "mien",
            [_described(name, sizes) for name, sizes in inputs.items()],
            [_described(name, sizes) for name, sizes in outputs.items()],
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="mien",
            doc_string=note,
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def _described(name: str, sizes: Sequence[int]) -> Any:  # noqa: ANN401 - onnx is untyped
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", *sizes])
