"""Which layers stay float32: measured one by one, the most sensitive first."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mien.training.precision import EIGHT_BITS, answers, gap
from mien.training.sparing import sensitivities, tries
from tests.crop_networks import convolutions
from tests.crop_networks import normalised_pictures as pictures


def whole_layers(model):
    """Names of the tables of layers that are not stored in 8 bits."""
    return {
        one.name
        for one in model.graph.initializer
        if one.data_type == TensorProto.FLOAT and len(one.dims) > 1
    }


def coarse():
    """The network whose second convolution has two weights that make the others vanish."""
    model = convolutions()
    [table] = [one for one in model.graph.initializer if one.name == "two"]
    weights = numpy_helper.to_array(table).copy()
    weights[:, 0, 0, :2] = [3, -3]  # they take up the range of each channel, and nearly cancel
    table.CopyFrom(numpy_helper.from_array(weights.astype(np.float32), "two"))
    return model


def test_the_layer_that_loses_most_is_found_and_spared_first(tmp_path):
    model, probe = coarse(), pictures(8)
    found = sensitivities(model, probe, EIGHT_BITS)
    assert list(found) == ["Conv-0", "Conv-2", "Gemm-6"]
    assert max(found, key=found.get) == "Conv-2"
    assert min(found.values()) > 0
    made = list(tries(model, lambda: [probe, pictures(8, 2)], EIGHT_BITS))
    assert [(one.spared, one.layers) for one in made] == [(0, 3), (1, 3), (2, 3)]
    assert [whole_layers(one.model) for one in made[:2]] == [set(), {"two"}]
    assert "two" in whole_layers(made[2].model)
    apart = []
    for one in (model, made[0].model, made[1].model):
        (tmp_path / "net.onnx").write_bytes(one.SerializeToString())
        apart.append(answers(tmp_path / "net.onnx", pictures(19, 5)))
    assert gap(apart[2], apart[0]) < 0.7 * gap(apart[1], apart[0])


def test_each_output_counts_as_a_share_of_its_largest_number():
    model, probe = convolutions(), pictures(8)
    both = convolutions()
    thousand = np.array(1000, np.float32)
    both.graph.initializer.append(numpy_helper.from_array(thousand, "thousand"))
    both.graph.node.append(helper.make_node("Mul", ["probability", "thousand"], ["large"]))
    both.graph.output.append(helper.make_tensor_value_info("large", TensorProto.FLOAT, ["n", 4]))
    once = sensitivities(model, probe, EIGHT_BITS)
    assert sensitivities(both, probe, EIGHT_BITS) == pytest.approx(once, rel=1e-4)
    twice = {name: 2 * value for name, value in once.items()}
    assert sensitivities(both, probe, EIGHT_BITS, 2) == pytest.approx(twice, rel=1e-4)


def test_nothing_is_measured_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("mien.training.sparing.sensitivities", lambda *_: pytest.fail("too early"))
    model = convolutions()
    before = model.SerializeToString()
    first = next(tries(model, lambda: [pictures(4)], EIGHT_BITS))
    assert isinstance(first.model, onnx.ModelProto)
    assert model.SerializeToString() == before
