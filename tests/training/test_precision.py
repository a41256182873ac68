"""Networks with smaller numbers: 8 bits, made without torch."""

import logging
import subprocess
import sys
from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from mien.errors import WeightsError
from mien.training.precision import (
    CONVOLUTIONS,
    answers,
    gap,
    halve,
    largest,
    quantize,
    with_card,
)
from tests.crop_networks import card, convolutions
from tests.crop_networks import normalised_pictures as pictures


@pytest.fixture
def said(tmp_path):
    def ask(model, probe):
        (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
        return answers(tmp_path / "net.onnx", probe)

    return ask


def test_eight_bits_say_about_the_same(said):
    model, probe = convolutions(), pictures(19)
    made = quantize(model, iter([pictures(8, 2), pictures(8, 3)]))
    wanted, found = said(model, probe), said(made, probe)
    assert 0 < gap(found, wanted) < 0.04
    kinds = Counter(table.data_type for table in made.graph.initializer if len(table.dims) > 1)
    assert kinds == {TensorProto.INT8: 3}
    scales = [list(one.dims) for one in made.graph.initializer if one.name == "two_scale"]
    assert scales == [[32]]
    largest_weights = [
        np.abs(numpy_helper.to_array(one).astype(int)).max()
        for one in made.graph.initializer
        if one.data_type == TensorProto.INT8 and len(one.dims) > 1
    ]
    assert max(largest_weights) <= 64


def test_what_follows_the_convolutions_can_stay_as_it_is(said):
    model, probe = convolutions(), pictures(19)
    made = quantize(model, iter([pictures(8, 2)]), CONVOLUTIONS)
    kinds = Counter(table.data_type for table in made.graph.initializer if len(table.dims) > 1)
    assert kinds == {TensorProto.INT8: 2, TensorProto.FLOAT: 1}
    whole = quantize(model, iter([pictures(8, 2)]))
    wanted = said(model, probe)
    assert 0 < gap(said(made, probe), wanted) < gap(said(whole, probe), wanted)


def test_ranges_are_those_of_the_pictures(said):
    model, probe = convolutions(), pictures(19)
    wanted = said(model, probe)
    right = gap(said(quantize(model, iter([pictures(8, 2)])), probe), wanted)
    wrong = gap(said(quantize(model, iter([0.05 * pictures(8, 2)])), probe), wanted)
    assert wrong > 3 * right


def test_the_network_itself_is_left_as_it_is_and_nothing_is_said(caplog, capfd):
    model = with_card(convolutions(), card())
    before = model.SerializeToString()
    handlers = list(logging.root.handlers)
    with caplog.at_level(logging.WARNING):
        quantize(model, iter([pictures(4)]))
    assert model.SerializeToString() == before
    assert logging.root.handlers == handlers
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_without_pictures_it_is_refused():
    with pytest.raises(WeightsError, match="the network cannot be quantised"):
        quantize(convolutions(), iter([]))


def test_the_card_is_the_only_note():
    model = with_card(quantize(convolutions(), iter([pictures(4)])), card())
    assert [(one.key, one.value) for one in model.metadata_props] == [("mien", card().to_json())]
    assert with_card(model, card("intensity")).metadata_props[0].value != card().to_json()


def test_halves_are_widened_when_the_file_is_opened(said):
    model, probe = convolutions(width=64), pictures(9)
    made = halve(model)
    assert made.ByteSize() < 0.6 * model.ByteSize()
    assert 0 < gap(said(made, probe), said(model, probe)) < 1e-3
    onnx.checker.check_model(made)


def test_gaps_are_the_largest_and_nothing_is_hidden():
    one, two = [np.array([1.0, 2.0]), np.array([3.0])], [np.array([1.5, 2.0]), np.array([3.25])]
    assert gap(one, two) == 0.5
    assert gap(two[::-1], one[::-1]) == 0.5
    assert np.isnan(gap([np.array([np.nan, 9.0])], [np.array([0.0, 0.0])]))
    assert largest(one) == 3
    assert largest([np.array([-7.0]), np.array([0.1])]) == 7
    assert largest([np.array([0.1])]) == 1


def test_no_torch_is_needed():
    code = (
        "import sys\nimport mien.training.exporting, mien.training.evaluating\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
