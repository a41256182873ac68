"""A network with its card inside, opened and asked."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest

from mien import runtime
from mien.errors import ShapeError, WeightsError
from mien.runtime import Predictor, open_session
from mien.spec import METADATA_KEY, ModelSpec

CARD = ModelSpec("twice", "intensity", "mesh", (1, 2, 4), ("", "", ""), size=3)
TEXT = CARD.to_json()


@pytest.fixture
def network(tmp_path):
    """Writes a network that doubles its three features and gives a second output, with a card."""

    def write(card=TEXT):
        kind = onnx.TensorProto.FLOAT
        nodes = [
            onnx.helper.make_node("Neg", ["given"], ["minus"]),
            onnx.helper.make_node("Add", ["given", "given"], ["intensity"]),
        ]
        given, minus, twice = (
            onnx.helper.make_tensor_value_info(name, kind, ["n", 3])
            for name in ("given", "minus", "intensity")
        )
        graph = onnx.helper.make_graph(nodes, "twice", [given], [minus, twice])
        opset = [onnx.helper.make_opsetid("", 17)]
        model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
        if card is not None:
            onnx.helper.set_model_props(model, {METADATA_KEY: card})
        path = tmp_path / "twice.onnx"
        path.write_bytes(model.SerializeToString())
        return path

    return write


def test_the_intensity_is_what_the_network_says(network):
    predictor = Predictor(network())
    assert predictor.spec == CARD
    scores = predictor.score(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    assert scores.intensity.tolist() == [[2, 4, 6], [8, 10, 12]]
    assert scores.intensity.dtype == np.float32
    assert (scores.probability, scores.expression, scores.maps) == (None, None, None)


def test_features_of_other_precision_are_taken(network):
    scores = Predictor(network()).score(np.array([[1, 2, 3]], np.float16))
    assert scores.intensity.tolist() == [[2, 4, 6]]


def test_no_faces_have_no_scores(network):
    assert Predictor(network()).score(np.zeros((0, 3), np.float32)).intensity.shape == (0, 3)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (0, 4), (1, 2, 3)])
def test_features_of_another_shape_are_refused(network, shape):
    with pytest.raises(ShapeError, match=r"twice got features .*expected \(n, 3\)"):
        Predictor(network()).score(np.zeros(shape, np.float32))


def test_a_network_without_a_card_is_refused(network):
    with pytest.raises(WeightsError, match=r"twice\.onnx carries no card"):
        Predictor(network(card=None))
    with pytest.raises(WeightsError, match="card cannot be read"):
        Predictor(network(card="no card"))


@pytest.mark.parametrize("content", [None, b"", b"this is no network"])
def test_what_is_no_network_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "some.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"some\.onnx cannot be opened") as told:
        open_session(path)
    assert "\n" not in str(told.value)


def test_a_session_takes_the_threads_it_is_given(network):
    path = network()
    assert open_session(path).get_session_options().intra_op_num_threads == 1
    options = open_session(path, threads=2).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)


def test_a_predictor_runs_on_one_thread_unless_told_otherwise(network, monkeypatch):
    asked = []

    def note(path, threads):
        asked.append(threads)
        return open_session(path, threads)

    monkeypatch.setattr(runtime, "open_session", note)
    Predictor(network())
    Predictor(network(), threads=3)
    assert asked == [1, 3]


def test_nothing_is_reported_to_the_makers_of_the_runtime(tmp_path):
    """No diary in the home folder, no line to anybody: telemetry is off before it is loaded."""
    code = (
        "import os\nfrom mien.runtime import Predictor\nfrom mien.weights.catalog import FILES\n"
        "Predictor(FILES / 'au-mesh.onnx')\nprint(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "1\n"
    assert run.stderr == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
