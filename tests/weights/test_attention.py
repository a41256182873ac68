"""The mesh's own operations against the same geometry written out point by point."""

import numpy as np
import onnxruntime as ort
import pytest

from mien.errors import WeightsError
from mien.weights.lowering import lower
from mien.weights.tflite import Graph, Operation, Tensor

SIDE = 4
MAP = (8, 9)
OPTIONS = {
    "left_rotation_idx": 1,
    "right_rotation_idx": 3,
    "subset_idxs": [0, 1, 2, 3, 4],
    "scale_x": 1.5,
    "scale_y": 1.25,
    "output_width": SIDE,
    "output_height": SIDE,
    "target_rotation_radians": 0.0,
}


def graph(options=OPTIONS, factor=4.0):
    """The picture (1, 8, 9, 3) is the feature map, its first five pixels are the points."""
    whole = np.ones((1, 4, 4), np.float32)
    whole[0, :2, 3] = factor
    tensors = (
        Tensor("map", (1, *MAP, 3)),
        Tensor("points", (1, 72, 3)),
        Tensor("matrix", (1, 4, 4)),
        Tensor("region", (1, SIDE, SIDE, 3)),
        Tensor("factors", whole.shape, whole),
        Tensor("scaled", (1, 4, 4)),
        Tensor("flat", (1, 24, 2)),
        Tensor("moved", (1, 24, 2)),
    )
    operations = (
        Operation("reshape", (0,), (1,)),
        Operation("Landmarks2TransformMatrix", (1,), (2,), options),
        Operation("TransformTensorBilinear", (0, 2), (3,)),
        Operation("mul", (2, 4), (5,)),
        Operation("reshape", (3,), (6,)),
        Operation("TransformLandmarks", (6, 5), (7,)),
    )
    return Graph(tensors, operations, (0,), (3, 7))


def run(values, model=None):
    session = ort.InferenceSession(lower(model or graph()), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": values})


def features(seed, angle, centre=(4.0, 3.5)):
    """A feature map whose first pixels are five points around a centre, turned by an angle."""
    values = np.random.default_rng(seed).uniform(0, 8, (*MAP, 3)).astype(np.float32)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = np.array([[0, -1], [-2, 0.3], [0, 1], [2, 0.3], [1, 0.5]])
    values.reshape(-1, 3)[:5, :2] = shape @ turn.T + centre
    return values


def place(values, column, row):
    """Where the point (column, row) of the region lies on the map, and the two axes."""
    points = values.reshape(-1, 3)[:5, :2].astype(float)
    across = points[3] - points[1]
    across = across / np.hypot(*across)
    down = np.array([-across[1], across[0]])
    ends = []
    for axis, scale, cell in ((across, 1.5, column), (down, 1.25, row)):
        along = [float(point @ axis) for point in points]
        middle, width = (min(along) + max(along)) / 2, scale * (max(along) - min(along))
        ends.append(middle + width * (cell / SIDE - 0.5))
    return ends[0] * across + ends[1] * down


def looked_up(values, x, y):
    """Bilinear, and zero as a whole where the place is off the map."""
    if not (0 <= x <= MAP[1] - 1 and 0 <= y <= MAP[0] - 1):
        return np.zeros(3)
    left, top = min(int(x), MAP[1] - 2), min(int(y), MAP[0] - 2)
    across, down = x - left, y - top
    rows = [
        values[top + i, left] * (1 - across) + values[top + i, left + 1] * across for i in (0, 1)
    ]
    return rows[0] * (1 - down) + rows[1] * down


@pytest.mark.parametrize("angle", [0.0, 0.4, -2.5])
@pytest.mark.parametrize("centre", [(4.0, 3.5), (0.5, 7.0)])
def test_region_is_sampled_and_its_points_come_back(angle, centre):
    values = features(3, angle, centre)
    region, moved = run(values[None])
    wanted = np.zeros((SIDE, SIDE, 3))
    for row, column in np.ndindex(SIDE, SIDE):
        x, y = place(values, column + 0.5, row + 0.5) - 0.5
        wanted[row, column] = looked_up(values, x, y)
    np.testing.assert_allclose(region[0], wanted, atol=2e-4)
    assert (wanted == 0).any() or centre == (4.0, 3.5)
    for point, result in zip(region[0].reshape(-1, 2), moved[0], strict=True):
        linear = place(values, *point) - place(values, 0, 0)
        np.testing.assert_allclose(result, linear + 4 * place(values, 0, 0), atol=2e-3)


def test_faces_of_a_batch_do_not_mix():
    batch = np.stack([features(seed, seed) for seed in (1, 2, 3)])
    together = run(batch)
    for number, one in enumerate(batch):
        for whole, single in zip(together, run(one[None]), strict=True):
            np.testing.assert_allclose(whole[number], single[0], atol=1e-5)


def test_collapsed_mesh_gives_numbers():
    assert all(np.isfinite(result).all() for result in run(np.zeros((1, *MAP, 3), np.float32)))


def test_turned_regions_are_refused():
    with pytest.raises(WeightsError, match=r"0\.5 rad"):
        lower(graph({**OPTIONS, "target_rotation_radians": 0.5}))


def test_scaling_of_more_than_the_shift_is_refused():
    model = graph()
    model.tensors[4].data[0, 0, 0] = 2
    with pytest.raises(WeightsError, match="scales its regions"):
        lower(model)
