"""Tiny networks of crops as ONNX files, written node by node: what the mean colour says."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from mien.spec import METADATA_KEY, ModelSpec

LAST = {"probability": "Sigmoid", "intensity": "Clip", "expression": "Softmax"}
TASKS = {"occurrence": "probability", "intensity": "intensity", "expression": "expression"}


def card(task="occurrence", units=(4, 12), **more):
    """A card of crops of 16 pixels, the middle of 20."""
    classes = more.get("classes", ())
    values = {
        "name": f"tiny-{task}",
        "task": task,
        "reads": "crop",
        "units": () if classes else units,
        "sides": () if classes else ("",) * len(units),
        "size": 16,
        "aligned": 20,
        "mean": (0.5, 0.4, 0.3),
        "std": (0.2, 0.25, 0.5),
        "template": "ffhq",
        "outputs": (TASKS[task],),
        **more,
    }
    return ModelSpec(**values)


def write(path, spec, weights=None, bias=None, output=None):
    """Write the network: mean of the normalised crop per channel (n, 3) @ weights + bias.

    ``weights`` is (3, k); without it the mean of red decides, the same for each output.
    """
    wide = len(spec.classes) or len(spec.units)
    output = output or spec.outputs[0]
    if weights is None:
        weights = np.array([[1.0], [0.0], [0.0]]) * np.ones(wide)
    bias = np.zeros(wide) if bias is None else bias
    tables = {"weights": weights, "bias": bias, "low": np.array(0.0), "high": np.array(5.0)}
    more = ["low", "high"] if output == "intensity" else []
    kind = LAST[output]
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
        helper.make_node(kind, ["logits", *more], [output]),
    ]
    image = helper.make_tensor_value_info(
        "image", TensorProto.FLOAT, ["n", 3, spec.size, spec.size]
    )
    said = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", wide])
    graph = helper.make_graph(
        nodes,
        "tiny",
        [image],
        [said],
        [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
