"""The same network with smaller numbers: weights stored as float16, or 8 bits throughout.

Works on ONNX files and needs no torch.
"""

import onnx
from numpy import float16, float32
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.spec import METADATA_KEY, ModelSpec

__all__ = ["SMALL", "halve", "with_card"]

SMALL = 4096
"""Tables of fewer numbers than this stay float32: they cost nothing."""


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with its large tables stored as float16 and widened when it is opened.

    It is computed in float32: processors have no float16 arithmetic that the runtime uses, so the
    file is half as large and as fast as before.
    """
    out = onnx.ModelProto()
    out.CopyFrom(model)
    casts = []
    for table in out.graph.initializer:
        values: NDArray[float32] = numpy_helper.to_array(table)
        if table.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        name = table.name
        table.CopyFrom(numpy_helper.from_array(values.astype(float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(out.graph.node)
    del out.graph.node[:]
    out.graph.node.extend(casts + nodes)
    return out


def with_card(model: onnx.ModelProto, card: ModelSpec) -> onnx.ModelProto:
    """The network, changed in place, with this card inside and nothing else in its metadata."""
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, card.to_json()
    return model
