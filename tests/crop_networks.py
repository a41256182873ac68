"""Tiny networks of crops as ONNX files, written node by node: what the mean colour says."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from mien.spec import METADATA_KEY, ModelSpec

LAST = {"probability": "Sigmoid", "intensity": "Clip", "expression": "Softmax"}
SIDE = 12
"""Of the pictures that `convolutions` reads."""
TASKS = {"occurrence": "probability", "intensity": "intensity", "expression": "expression"}


def pictures(count, side, seed=0):
    """Crops of noise, uint8 (n, s, s, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (count, side, side, 3), np.uint8)


def normalised_pictures(count, seed=1):
    """What `convolutions` reads, float32 (n, 3, s, s)."""
    return np.random.default_rng(seed).normal(0, 1, (count, 3, SIDE, SIDE)).astype(np.float32)


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


def write_several(path, spec, said):
    """Write a network of several outputs that says the same numbers of every crop.

    ``said`` gives them by output, before the last step of each.
    """
    nodes, tables, outputs = [], {"low": 0.0, "high": 5.0, "none": np.zeros((3, 1))}, []
    nodes.append(helper.make_node("GlobalAveragePool", ["image"], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(helper.make_node("MatMul", ["flat", "none"], ["zero"]))
    for name, values in said.items():
        tables[f"{name}.bias"] = values
        more = ["low", "high"] if name == "intensity" else []
        nodes.append(helper.make_node("Add", ["zero", f"{name}.bias"], [f"{name}.logits"]))
        nodes.append(helper.make_node(LAST[name], [f"{name}.logits", *more], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(values)]))
    side = ["n", 3, spec.size, spec.size]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, side)],
        outputs,
        [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def convolutions(seed=0, width=32):
    """Two convolutions, a mean, a layer, a sigmoid: (n, 3, 12, 12) to (n, 4)."""
    random = np.random.default_rng(seed)
    unlike = random.uniform(0.1, 3, (width, 1, 1, 1))
    tables = {
        "one": random.normal(0, 0.3, (width, 3, 3, 3)),
        "two": random.normal(0, 0.1, (width, width, 3, 3)) * unlike,
        "layer": random.normal(0, 0.4, (width, 4)),
        "bias": random.normal(0, 0.4, 4),
    }
    nodes = [
        helper.make_node("Conv", ["image", "one"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "two"], ["c"]),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("GlobalAveragePool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("Gemm", ["f", "layer", "bias"], ["g"]),
        helper.make_node("Sigmoid", ["g"], ["probability"]),
    ]
    shape = TensorProto.FLOAT, ["n", 3, SIDE, SIDE]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", *shape)],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in tables.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
