import numpy as np
import pytest
from flatbuffers import flexbuffers

from mien.errors import WeightsError
from mien.weights.tflite import read
from tests.weights.tinymodels import ADD, CUSTOM, TinyModel, bend


def test_graph_comes_back_as_written():
    graph = read(bend(0.25))
    assert [tensor.name for tensor in graph.tensors] == ["picture", "slope", "bent"]
    assert [tensor.shape for tensor in graph.tensors] == [(1, 2, 2, 1), (1, 1, 1), (1, 2, 2, 1)]
    assert graph.tensors[0].data is None
    assert graph.tensors[1].data.tolist() == [[[0.25]]]
    (operation,) = graph.operations
    assert (operation.kind, operation.inputs, operation.outputs) == ("prelu", (0, 1), (2,))
    assert (graph.inputs, graph.outputs) == ((0,), (2,))


def test_half_floats_and_integers_keep_their_type():
    model = TinyModel()
    model.tensor("half", [2], np.array([1.5, -2], np.float16))
    model.tensor("whole", [1, 2], np.array([[7, -7]], np.int32))
    half, whole = read(model.to_bytes()).tensors
    assert half.data.dtype == np.float16
    assert half.data.tolist() == [1.5, -2]
    assert whole.data.dtype == np.int32
    assert whole.data.tolist() == [[7, -7]]


@pytest.mark.parametrize("union", [1, 2, 3])
def test_zeros_of_a_sparse_tensor_are_filled_in(union):
    model = TinyModel()
    values = np.array([1, 2, 3], np.float16)
    model.tensor("sparse", [2, 2, 3], values, ([2, 2], [0, 1, 1, 2, 3], [2, 0, 1], union))
    (tensor,) = read(model.to_bytes()).tensors
    assert tensor.data.tolist() == [[[0, 0, 1], [0, 0, 0]], [[2, 0, 0], [0, 3, 0]]]


def test_options_of_an_operation():
    model = TinyModel()
    numbers = [model.tensor(name, [1]) for name in "abc"]
    model.operation(ADD, numbers[:2], numbers[2:], options={0: ("b", 1)})
    (operation,) = read(model.to_bytes()).operations
    assert operation.options == {"activation": 1}


def test_options_that_are_left_out_have_their_defaults():
    model = TinyModel()
    model.operation(3, [], [], options={1: ("i", 2), 2: ("i", 3)})
    options = read(model.to_bytes()).operations[0].options
    assert options["dilation_w"] == options["dilation_h"] == 1
    assert (options["stride_w"], options["stride_h"], options["padding"]) == (2, 3, 0)


def test_custom_operation_keeps_its_name_and_options():
    model = TinyModel()
    custom = bytes(flexbuffers.Dumps({"subset_idxs": [3, 1, 2], "scale_x": 1.5}))
    model.operation(CUSTOM, [0], [1], custom=custom, name="Landmarks2TransformMatrix")
    (operation,) = read(model.to_bytes()).operations
    assert operation.kind == "Landmarks2TransformMatrix"
    assert operation.options == {"subset_idxs": [3, 1, 2], "scale_x": 1.5}


def test_operations_above_127_are_known_by_the_new_field():
    model = TinyModel()
    model.operation(124, [], [])
    assert read(model.to_bytes()).operations[0].kind == "densify"


def test_unknown_operation_is_named():
    model = TinyModel()
    model.operation(99, [], [])
    with pytest.raises(WeightsError, match="operation 99"):
        read(model.to_bytes())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 100])
def test_other_files_are_refused(data):
    with pytest.raises(WeightsError, match="no TFLite model"):
        read(data)


def test_damage_is_found_or_harmless():
    whole = bend(0.25)
    random = np.random.default_rng(0)
    damaged = [whole[:length] for length in range(8, len(whole), 3)]
    for _ in range(300):
        copy = bytearray(whole)
        copy[random.integers(8, len(whole))] = random.integers(256)
        damaged.append(bytes(copy))
    found = 0
    for data in damaged:
        try:
            read(data)
        except WeightsError:
            found += 1
    assert found > 100


def test_kinds_cover_what_the_face_models_use(face_models):
    from mien.weights.store import open_store

    store = open_store()
    kinds = set()
    for network in store.catalog.fetched.values():
        graph = read((store.folder / network.stored).read_bytes())
        kinds |= {operation.kind for operation in graph.operations}
    assert {"densify", "dequantize", "prelu", "TransformTensorBilinear"} <= kinds
