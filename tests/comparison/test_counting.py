"""Parameters and multiply-adds, counted by hand and by torch."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.comparison.counting import count
from mien.errors import WeightsError
from mien.training.precision import quantize
from tests.crop_networks import SIDE, convolutions

FACE = np.zeros((8, 3, SIDE, SIDE), np.float32)
TABLES = 32 * 3 * 9 + 32 * 32 * 9 + 32 * 4 + 4
PRODUCTS = 32 * 10 * 10 * 27 + 32 * 8 * 8 * 32 * 9 + 32 * 4
"""Valid convolutions of 12 pixels: 10 and 8 are left; then a layer of 32 to 4."""


def saved(model, path):
    path.write_bytes(model.SerializeToString())
    return path


def test_two_convolutions_and_a_layer_are_counted_as_by_hand(tmp_path):
    found = count(saved(convolutions(), tmp_path / "net.onnx"), FACE)
    assert found == (TABLES, PRODUCTS, ())


def test_8_bits_have_the_same_numbers_and_products(tmp_path):
    random = np.random.default_rng(0)
    faces = random.normal(size=(4, 3, SIDE, SIDE)).astype(np.float32)
    small = quantize(convolutions(), iter([faces]))
    found = count(saved(small, tmp_path / "small.onnx"), FACE)
    assert found == (TABLES, PRODUCTS, ())


def products(nodes, tables, given, path):
    shape = ["n", *given.shape[1:]]
    graph = helper.make_graph(
        nodes,
        "products",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info(nodes[-1].output[0])],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in tables.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return count(saved(model, path), given)


def test_products_of_what_flows_and_groups_are_counted(tmp_path):
    # attention: (1, 5, 4) by its own transposed, 5 x 5 x 4; and back, 5 x 4 x 5
    nodes = [
        helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["image", "turned"], ["likeness"]),
        helper.make_node("MatMul", ["likeness", "image"], ["out"]),
    ]
    found = products(nodes, {}, np.zeros((2, 5, 4), np.float32), tmp_path / "a.onnx")
    assert found == (0, 5 * 5 * 4 + 5 * 4 * 5, ())
    # a convolution of two groups sees half of the four channels: (6, 2, 3, 3) on 4 x 4 without rim
    weights = {"w": np.zeros((6, 2, 3, 3), np.float32), "axes": np.zeros(3, np.int64)}
    node = helper.make_node("Conv", ["image", "w"], ["out"], group=2)
    found = products([node], weights, np.zeros((1, 4, 4, 4), np.float32), tmp_path / "b.onnx")
    assert found == (6 * 2 * 9, 6 * 2 * 2 * 2 * 9, ())  # indices are no parameters
    # a transposed one: each of 2 x 3 x 3 numbers meets (2, 5, 2, 2)
    weights = {"w": np.zeros((2, 5, 2, 2), np.float32)}
    node = helper.make_node("ConvTranspose", ["image", "w"], ["out"], strides=[2, 2])
    found = products([node], weights, np.zeros((1, 2, 3, 3), np.float32), tmp_path / "c.onnx")
    assert found.operations == 2 * 3 * 3 * 5 * 2 * 2


def test_what_multiplies_in_another_way_is_named(tmp_path):
    node = helper.make_node("Einsum", ["image", "w"], ["out"], equation="nij,jk->nik")
    weights = {"w": np.zeros((4, 2), np.float32)}
    found = products([node], weights, np.zeros((1, 5, 4), np.float32), tmp_path / "a.onnx")
    assert (found.operations, found.uncounted) == (0, ("Einsum",))


def test_what_is_no_network_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_text("no")
    with pytest.raises(WeightsError, match=r"a\.onnx cannot be opened"):
        count(tmp_path / "a.onnx", FACE)


@pytest.mark.slow
def test_a_resnet_has_what_torch_counts(tmp_path):
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from mien.models import build
    from mien.models.reading import Reading
    from mien.training.export import export
    from mien.training.exporting import probe_of
    from tests.crop_networks import card

    network = Reading(build("student", 4).eval(), "intensity")
    norms = [one for one in network.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    for number, one in enumerate(norms):  # no two alike, or the file holds them once
        one.running_mean.copy_(torch.linspace(0.1, 0.2, one.num_features) + number)
    spec = card("intensity", (1, 2, 4, 6), size=64, aligned=64, template="ffhq")
    spec = replace(spec, outputs=network.outputs, points=network.points)
    export(network, spec, probe_of(spec), tmp_path / "net.onnx")
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        network(torch.zeros(1, 3, 64, 64))
    found = count(tmp_path / "net.onnx", probe_of(spec))
    assert found.operations == flops.get_total_flops() // 2  # torch counts a multiply-add twice
    whole = sum(one.numel() for one in network.parameters())
    # of a norm its two numbers a channel go into the convolution, which gets a bias
    assert found.parameters == whole - sum(one.num_features for one in norms)
    assert onnx.load(str(tmp_path / "net.onnx")).graph.name
