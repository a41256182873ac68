"""The real face models, converted, against numbers of LiteRT 2.3.0 on the same made-up picture.

The attention mesh's own operations, which LiteRT lacks, were written out in numpy for them.
"""

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from mien.weights.lowering import lower
from mien.weights.store import open_store
from mien.weights.tflite import read

REFERENCE = {
    "face-short": {
        "regressors": ((896, 16), [1.6471, 34.8041, 6.1063, 1.7208, -14.1953]),
        "classificators": ((896, 1), [-5.1675, -3.9756, -4.0842, -4.8291, -3.2739]),
    },
    "face-full": {
        "Identity": ((2304, 16), [-4.4225, -11.5194, 1.3464, -3.6962, -2.3409]),
        "Identity_1": ((2304, 1), [-7.9829, -4.2534, -3.6992, -4.4425, -4.7586]),
    },
    "face-mesh": {
        "output_mesh_identity": ((1, 1, 1404), [84.4896, 85.4788, 4.7907, 128.784, 72.663]),
        "output_lips": ((1, 1, 160), [64.6677, 95.4553, 73.4842, 100.6303, 82.4024]),
        "output_left_eye": ((1, 1, 142), [49.7039, 67.9055, 59.0829, 48.2217, 41.9043]),
        "output_right_eye": ((1, 1, 142), [126.6761, 109.0904, 118.7626, 130.0628, 129.5676]),
        "output_left_iris": ((1, 1, 10), [60.766, 65.7554, 61.1826, 55.7981, 60.3412]),
        "output_right_iris": ((1, 1, 10), [119.4769, 124.8213, 119.5282, 114.0517, 119.391]),
        "conv_faceflag": ((1, 1, 1), [-11.7997]),
    },
}
"""Shape without the batch, and every fifth of the numbers, of each output in its order."""

RANGE = {"face-short": (128, 0.0, 1.0), "face-full": (192, 0.0, 1.0), "face-mesh": (192, 0.5, 0.5)}
"""Side, offset and amplitude of the picture that a network expects."""


def picture(name, phase=0.0):
    side, offset, amplitude = RANGE[name]
    row, column, channel = np.mgrid[0:side, 0:side, 0:3]
    wave = np.sin(0.05 * row * (channel + 1) + 0.08 * column + phase)
    return (offset + amplitude * wave)[None].astype(np.float32)


@pytest.fixture(scope="module")
def sessions(face_models):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return {
        name: ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        for name, path in face_models.items()
    }


@pytest.mark.parametrize("name", REFERENCE)
def test_outputs_are_those_of_the_reference_runtime(sessions, name):
    session = sessions[name]
    assert [item.name for item in session.get_outputs()] == list(REFERENCE[name])
    results = session.run(None, {"image": picture(name)})
    for result, (shape, numbers) in zip(results, REFERENCE[name].values(), strict=True):
        assert result.shape == (1, *shape)
        every = max(1, result.size // 5)
        np.testing.assert_allclose(result.ravel()[::every][:5], numbers, atol=1e-3)


@pytest.mark.parametrize("name", REFERENCE)
def test_pictures_of_a_batch_do_not_mix(sessions, name):
    pictures = [picture(name, phase) for phase in (0.0, 1.0, 2.0)]
    together = sessions[name].run(None, {"image": np.concatenate(pictures)})
    for number, one in enumerate(pictures):
        for whole, single in zip(together, sessions[name].run(None, {"image": one}), strict=True):
            np.testing.assert_allclose(whole[number], single[0], atol=2e-3)


@pytest.mark.parametrize("name", REFERENCE)
def test_same_picture_gives_the_same_numbers(sessions, name):
    first, second = (sessions[name].run(None, {"image": picture(name)}) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("level", [0, 1])
def test_flat_pictures_give_numbers(sessions, level):
    for name, session in sessions.items():
        for result in session.run(None, {"image": np.full_like(picture(name), level)}):
            assert np.isfinite(result).all()


@pytest.mark.parametrize("name", REFERENCE)
def test_files_use_standard_operators_and_name_their_origin(face_models, name):
    model = onnx.load(face_models[name])
    assert {node.domain for node in model.graph.node} == {""}
    assert [(item.domain, item.version) for item in model.opset_import] == [("", 18)]
    assert "mediapipe 0.10.21" in model.doc_string
    assert "Apache-2.0" in model.doc_string
    (image,) = model.graph.input
    sizes = [item.dim_param or item.dim_value for item in image.type.tensor_type.shape.dim]
    assert (image.name, sizes) == ("image", ["batch", RANGE[name][0], RANGE[name][0], 3])


def test_converting_again_gives_the_same_networks(face_models):
    store = open_store()
    for name, network in store.catalog.fetched.items():
        again = onnx.load_from_string(lower(read((store.folder / network.stored).read_bytes())))
        kept = onnx.load(face_models[name])
        assert again.graph == kept.graph, "raise record.CONVERTER: caches hold other networks"
