"""Tiny networks of crops that read landmarks, or give maps and landmarks, as ONNX files."""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from mien.spec import METADATA_KEY
from tests.crop_networks import card

POINTS = 49


def face(size, seed=0):
    """49 points of a face in a crop of this size, (49, 2); the eyes lie apart."""
    places = np.random.default_rng(seed).uniform(0.4, 0.6, (POINTS, 2))
    near = np.random.default_rng(seed + 1).uniform(-0.03, 0.03, (12, 2))
    places[19:25] = np.array([0.3, 0.4]) + near[:6]
    places[25:31] = np.array([0.7, 0.4]) + near[6:]
    return (places * size).astype(np.float32)


def pointed(units=(4, 12), *, reads=True, gives=(), **more):
    """A card: it reads landmarks, it gives maps and landmarks."""
    outputs = ("probability", *gives)
    return card(units=units, points="49" if reads else "", outputs=outputs, **more)


def write_pointed(path, spec, found=None, maps=None):
    """Write the network.

    Each unit's probability is the sigmoid of the mean x of the landmarks it reads, in crop sides,
    times the unit's place plus one; without landmarks, of the mean red. Its map is the sigmoid of
    the channel of its place; ``maps`` gives only so many. The landmarks it gives are ``found``,
    (49, 2), whatever it sees.
    """
    wide, size = len(spec.units), spec.size
    factor = np.arange(1, wide + 1, dtype=np.float32)
    found = np.zeros((POINTS, 2)) if found is None else found
    across = np.tile([1 / (POINTS * size), 0], POINTS)[:, None] * factor
    red = np.array([[1.0], [0.0], [0.0]]) * factor
    several = maps or wide
    channels = np.eye(3)[np.arange(several) % 3][:, :, None, None]
    tables = {
        "across": across, "red": red, "channels": channels,
        "none": np.zeros((3, 2 * POINTS)), "found": found.reshape(-1),
    }  # fmt: skip
    shape = numpy_helper.from_array(np.array([-1, POINTS, 2], np.int64), "shape")
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["colour"]),
    ]
    source = ["colour", "red"]
    if spec.points:
        nodes.append(helper.make_node("Flatten", ["landmarks"], ["places"]))
        source = ["places", "across"]
    nodes += [
        helper.make_node("MatMul", source, ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["probability"]),
    ]
    image = ["n", 3, size, size]
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, image)]
    if spec.points:
        places = ["n", POINTS, 2]
        inputs.append(helper.make_tensor_value_info("landmarks", TensorProto.FLOAT, places))
    shapes = {"probability": ["n", wide]}
    if "maps" in spec.outputs:
        nodes += [
            helper.make_node("Conv", ["image", "channels"], ["seen"]),
            helper.make_node("Sigmoid", ["seen"], ["maps"]),
        ]
        shapes["maps"] = ["n", several, size, size]
    if "landmarks" in spec.outputs:
        nodes += [
            helper.make_node("Gemm", ["colour", "none", "found"], ["flat"]),
            helper.make_node("Reshape", ["flat", "shape"], ["given"]),
        ]
        if spec.points:
            raise ValueError("an input and an output cannot both be called landmarks")
        nodes[-1].output[0] = "landmarks"
        shapes["landmarks"] = ["n", POINTS, 2]
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()]
    used = {name for node in nodes for name in node.input}
    kept = [
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in tables.items()
        if name in used
    ]
    kept += [shape] if "shape" in used else []
    graph = helper.make_graph(nodes, "pointed", inputs, outputs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: spec.to_json()})
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
