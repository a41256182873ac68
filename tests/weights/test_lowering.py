"""Each operation against numpy."""

import numpy as np
import onnxruntime as ort
import pytest

from mien.errors import WeightsError
from mien.weights.lowering import lower
from mien.weights.tflite import Graph, Operation, Tensor, read
from tests.weights.tinymodels import bend

SHAPE = (1, 5, 6, 2)


def picture(batch=1, shape=SHAPE, seed=0):
    values = np.random.default_rng(seed).normal(size=(batch, *shape[1:]))
    return values.astype(np.float32)


def graph_of(kind, result, constants=(), options=None, shape=SHAPE):
    """A graph of one operation on a picture and constants."""
    tensors = [Tensor("picture", shape)]
    tensors += [Tensor(f"constant{i}", data.shape, data) for i, data in enumerate(constants)]
    tensors.append(Tensor("result", result))
    last = len(tensors) - 1
    operation = Operation(kind, tuple(range(last)), (last,), options or {})
    return Graph(tuple(tensors), (operation,), (0,), (last,))


def run(data: bytes, values):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": values})[0]


def conv_by_hand(x, kernel, bias, stride, same, dilation=1):
    """Sums over windows, one output at a time; kernel (out, h, w, in), x (h, w, in)."""
    size = [(n - 1) * dilation + 1 for n in kernel.shape[1:3]]
    if same:
        out = [-(-x.shape[i] // stride[i]) for i in (0, 1)]
        total = [max((out[i] - 1) * stride[i] + size[i] - x.shape[i], 0) for i in (0, 1)]
    else:
        out = [(x.shape[i] - size[i]) // stride[i] + 1 for i in (0, 1)]
        total = [0, 0]
    x = np.pad(x, [*((t // 2, t - t // 2) for t in total), (0, 0)])
    result = np.zeros((*out, len(kernel)))
    for row, column in np.ndindex(*out):
        top, left = row * stride[0], column * stride[1]
        window = x[top : top + size[0] : dilation, left : left + size[1] : dilation]
        result[row, column] = (kernel * window).sum((1, 2, 3)) + bias
    return result


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(
    ("stride", "dilation"), [((1, 1), 1), ((2, 2), 1), ((2, 3), 1), ((1, 1), 2)]
)
def test_conv(same, stride, dilation):
    random = np.random.default_rng(1)
    kernel = random.normal(size=(4, 2, 3, 2)).astype(np.float32)
    bias = random.normal(size=4).astype(np.float32)
    x = picture(2)
    wanted = np.stack([conv_by_hand(one, kernel, bias, stride, same, dilation) for one in x])
    options = {"padding": 0 if same else 1, "stride_h": stride[0], "stride_w": stride[1]}
    options |= {"activation": 0, "dilation_h": dilation, "dilation_w": dilation}
    graph = graph_of("conv", (1, *wanted.shape[1:]), [kernel, bias], options)
    np.testing.assert_allclose(run(lower(graph), x), wanted, atol=1e-5)


def test_depthwise_conv_with_relu():
    random = np.random.default_rng(1)
    kernel = random.normal(size=(1, 3, 3, 2)).astype(np.float32)
    bias = random.normal(size=2).astype(np.float32)
    x = picture()
    parts = [
        conv_by_hand(x[0, ..., [c]].transpose(1, 2, 0), kernel[..., [c]], bias[[c]], (2, 2), True)
        for c in range(2)
    ]
    wanted = np.maximum(np.concatenate(parts, -1), 0)
    options = {"padding": 0, "stride_h": 2, "stride_w": 2, "activation": 1}
    options |= {"dilation_h": 1, "dilation_w": 1}
    graph = graph_of("depthwise-conv", (1, *wanted.shape), [kernel, bias], options)
    np.testing.assert_allclose(run(lower(graph), x)[0], wanted, atol=1e-5)
    assert (wanted == 0).any()


def test_prelu_with_slopes_of_any_size():
    x = picture(3)
    slope = np.array([[[-4.2, 6.2]]], np.float32)
    wanted = np.where(x > 0, x, x * slope)
    result = run(lower(graph_of("prelu", SHAPE, [slope])), x)
    np.testing.assert_allclose(result, wanted, atol=1e-5)


def test_relu():
    x = picture()
    np.testing.assert_array_equal(run(lower(graph_of("relu", SHAPE)), x), np.maximum(x, 0))


def test_max_pool_pads_the_smaller_half_first_and_never_with_zero():
    x = picture() - 10
    options = {"padding": 0, "stride_h": 2, "stride_w": 2, "filter_h": 2, "filter_w": 2}
    result = run(lower(graph_of("max-pool", (1, 3, 3, 2), options={**options, "activation": 0})), x)
    wanted = [[x[0, r : r + 2, c : c + 2].max((0, 1)) for c in (0, 2, 4)] for r in (0, 2, 4)]
    np.testing.assert_array_equal(result[0], wanted)


def test_pad_of_rows_columns_and_channels():
    x = picture()
    amounts = np.array([[0, 0], [1, 2], [0, 3], [0, 4]], np.int32)
    result = run(lower(graph_of("pad", (1, 8, 9, 6), [amounts])), x)
    np.testing.assert_array_equal(result, np.pad(x, amounts))


def test_resize_is_of_half_pixel_centres_and_each_side_has_its_own_scale():
    x = picture(shape=(1, 2, 3, 1))
    options = {"align_corners": 0, "half_pixel": 1}
    size = np.array([4, 3], np.int32)
    graph = graph_of("resize-bilinear", (1, 4, 3, 1), [size], options, x.shape)
    mix = np.array([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    np.testing.assert_allclose(run(lower(graph), x)[0, ..., 0], mix @ x[0, ..., 0], atol=1e-6)


def test_depth_to_space_takes_blocks_of_channels_row_by_row():
    x = picture(shape=(1, 2, 3, 8))
    result = run(lower(graph_of("depth-to-space", (1, 4, 6, 2), [], {"block": 2}, x.shape)), x)
    blocks = x.reshape(2, 3, 2, 2, 2).transpose(0, 2, 1, 3, 4)
    np.testing.assert_array_equal(result[0], blocks.reshape(4, 6, 2))


def test_reshape_counts_in_the_order_of_the_file():
    x = picture(2)
    shape = np.array([1, 30, 2], np.int32)
    result = run(lower(graph_of("reshape", (1, 30, 2), [shape])), x)
    np.testing.assert_array_equal(result, x.reshape(2, 30, 2))


def test_concatenation_add_and_slice_of_the_whole():
    tensors = (
        Tensor("p", SHAPE),
        Tensor("s", SHAPE),
        Tensor("a", SHAPE),
        Tensor("c", (1, 5, 6, 4)),
    )
    operations = (
        Operation("strided-slice", (0,), (1,)),
        Operation("add", (0, 1), (2,), {"activation": 1}),
        Operation("concatenation", (2, 0), (3,), {"axis": 3}),
    )
    x = picture()
    result = run(lower(Graph(tensors, operations, (0,), (3,))), x)
    np.testing.assert_allclose(result, np.concatenate([np.maximum(2 * x, 0), x], -1), atol=1e-6)


def test_weights_are_unpacked():
    slope = np.array([0.5, 2], np.float16).reshape(1, 1, 2)
    tensors = (Tensor("p", SHAPE), Tensor("h", slope.shape, slope), Tensor("f", slope.shape))
    tensors += (Tensor("d", slope.shape), Tensor("r", SHAPE))
    operations = (
        Operation("densify", (1,), (2,)),
        Operation("dequantize", (2,), (3,)),
        Operation("prelu", (0, 3), (4,)),
    )
    x = picture()
    result = run(lower(Graph(tensors, operations, (0,), (4,))), x)
    np.testing.assert_allclose(result, np.where(x > 0, x, x * slope.astype(np.float32)), atol=1e-6)


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (graph_of("TransformSomething", SHAPE), "TransformSomething"),
        (graph_of("relu", SHAPE, options={"activation": 4}), "activation 4"),
        (graph_of("strided-slice", (1, 5, 5, 2)), "down to"),
        (
            graph_of("resize-bilinear", SHAPE, options={"align_corners": 1, "half_pixel": 0}),
            "half-pixel",
        ),
    ],
)
def test_what_the_face_models_do_not_use_is_refused(graph, said):
    with pytest.raises(WeightsError, match=said):
        lower(graph)


def test_the_same_model_gives_the_same_bytes():
    assert lower(read(bend(0.25)), "x") == lower(read(bend(0.25)), "x")
    assert lower(read(bend(0.25)), "x") != lower(read(bend(0.5)), "x")
