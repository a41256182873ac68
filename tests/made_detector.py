"""A detector as an ONNX file, written node by node: it says the same of every picture."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from mien.spec import METADATA_KEY, ModelSpec

__all__ = ["BOXES", "CARD", "SCORES", "SIDE", "write"]

SIDE = 32
CARD = ModelSpec(
    name="made-up",
    task="detection",
    reads="picture",
    units=(),
    sides=(),
    classes=("awake", "sleep"),
    size=SIDE,
    outputs=("boxes", "scores"),
)
BOXES = [[4, 8, 12, 16], [4, 8, 12, 17], [20, 10, 28, 20], [0, 0, 5, 5]]
SCORES = [[0.9, 0.1], [0.2, 0.8], [0.1, 0.6], [0.2, 0.2]]


def write(path, card=CARD, boxes=BOXES, scores=SCORES, side=SIDE):
    """A network that says the same of every picture."""
    tables = {"b": np.array([boxes], np.float32), "s": np.array([scores], np.float32)}
    # zero times the picture, so that it is read
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["b", "nothing"], ["boxes"]),
        helper.make_node("Add", ["s", "nothing"], ["scores"]),
    ]
    tables["zero"] = np.zeros((), np.float32)
    graph = helper.make_graph(
        nodes,
        "made-up",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, side, side])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, len(boxes), 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, len(boxes), 2]),
        ],
        [numpy_helper.from_array(table, name) for name, table in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    if card is not None:
        helper.set_model_props(model, {METADATA_KEY: card.to_json()})
    path.write_bytes(model.SerializeToString())
    return path
