import numpy as np
import pytest

from mien.data import crops, portraits, synthetic
from mien.data.expressions import (
    COLUMNS,
    OUTPUTS,
    SIDES,
    SWAP,
    UNITS,
    Sides,
    draw,
    planted,
    table,
)


@pytest.fixture(scope="module")
def drawn(model):
    return draw(np.random.default_rng(0), 4000, model.names)


def column(drawn, name):
    return drawn.intensity[:, COLUMNS.index(name)]


def test_the_outputs_are_sixteen_sided_units_five_central_ones_and_25():
    assert OUTPUTS == len(UNITS) == len(SIDES) == 38
    assert UNITS[32:] == (17, 18, 22, 26, 28, 25)
    assert SIDES[:4] == ("L", "R", "L", "R")
    assert set(SIDES[32:]) == {""}
    assert SIDES.count("L") == SIDES.count("R") == 16


def test_swap_exchanges_left_and_right_and_nothing_else():
    np.testing.assert_array_equal(SWAP[SWAP], np.arange(OUTPUTS))
    assert [COLUMNS[k] for k in SWAP[:2]] == ["AU1_R", "AU1_L"]
    for name, other in zip(COLUMNS, (COLUMNS[k] for k in SWAP), strict=True):
        sides = name.replace("_L", "_#").replace("_R", "_L").replace("_#", "_R")
        assert other == sides


def test_each_output_moves_shapes_of_its_own_side(model):
    mixing = table(model.names)
    for name, row in zip(COLUMNS, mixing, strict=True):
        moved = {model.names[k] for k in np.nonzero(row)[0]}
        assert all(shape.endswith(name[-2:]) for shape in moved) or "_" not in name
    smile = mixing[COLUMNS.index("AU12_L")]
    assert smile[model.names.index("mouthSmile_L")] == 1
    assert not mixing[COLUMNS.index("AU25")].any()


def test_planted_names_one_side_or_both():
    one, both = planted({"12L": 0.6}), planted({12: 0.4, 26: 0.5})
    assert one[COLUMNS.index("AU12_L")] == pytest.approx(0.6)
    assert one.sum() == pytest.approx(0.6)
    assert both[COLUMNS.index("AU12_R")] == pytest.approx(0.4)
    assert both[COLUMNS.index("AU26")] == pytest.approx(0.5)


def test_every_unit_is_drawn_over_its_whole_range(drawn):
    assert drawn.intensity.min() == 0
    assert drawn.intensity.max() <= 1
    strong = (drawn.intensity[:, :-1] > 0.7).mean(axis=0)
    assert (strong > 0.005).all()
    assert not drawn.intensity[:, -1].any()


def test_about_a_seventh_of_the_faces_is_neutral(drawn):
    neutral = (drawn.intensity < 0.1).all(axis=1).mean()
    assert 0.12 < neutral < 0.3


def test_some_faces_are_one_sided(drawn):
    left, right = column(drawn, "AU12_L"), column(drawn, "AU12_R")
    strong = np.maximum(left, right) > 0.4
    lopsided = np.abs(left - right)[strong] > 0.3
    assert 0.05 < lopsided.mean() < 0.3
    assert (left - right)[strong].min() < -0.3
    assert (left - right)[strong].max() > 0.3


def one_sided(intensity):
    """Share of the faces with a strong unit whose sides lie far apart."""
    left, right = (intensity[:, [k for k, s in enumerate(SIDES) if s == side]] for side in "LR")
    strong = np.maximum(left, right).max(axis=1) > 0.4
    return (np.abs(left - right).max(axis=1)[strong] > 0.3).mean()


def test_faces_to_learn_from_are_often_one_sided(drawn, model):
    def by_crops(rng):
        return np.stack([crops._expression(rng, model)[0] for _ in range(600)])

    def by_groups(rng):
        return np.stack([one.intensity for one in portraits.draw_changes(rng, model, 600)])

    def simulated(rng):
        return synthetic._draw_faces(model, rng, 600).intensity

    lean = by_crops(np.random.default_rng(3))
    lean = lean[:, 0:32:2] - lean[:, 1:32:2]
    assert ((lean > 0.3).any(axis=1) & (lean < -0.3).any(axis=1)).mean() > 0.02
    assert (np.abs(lean).max(axis=1) < 0.25).mean() > 0.3
    assert one_sided(drawn.intensity) < 0.22
    for way in (by_crops, by_groups, simulated):
        assert one_sided(way(np.random.default_rng(1))) > 0.4, way.__name__


def test_of_one_sided_faces_some_have_each_unit_on_a_side_of_its_own(model):
    for apart in (0.0, 1.0):
        rng = np.random.default_rng(2)
        faces = draw(rng, 400, model.names, Sides(0.0, 0.0, apart)).intensity
        lean = faces[:, 0:32:2] - faces[:, 1:32:2]
        both = ((lean > 0.3).any(axis=1) & (lean < -0.3).any(axis=1)).mean()
        assert (both > 0.2) == (apart > 0)
        assert ((np.abs(lean) > 0.3).any(axis=1)).mean() > 0.4


def test_what_no_face_does_at_once_is_left_out(drawn):
    wide, shut = column(drawn, "AU5_L"), column(drawn, "AU43_L")
    assert not ((wide > 0.2) & (shut > 0.2)).any()
    assert not ((column(drawn, "AU28") > 0.2) & (column(drawn, "AU26") > 0.2)).any()


def test_weights_follow_the_intensities(drawn, model):
    jaw = drawn.weights[:, model.names.index("jawOpen")]
    np.testing.assert_allclose(jaw, column(drawn, "AU26"), atol=1e-6)


def test_the_same_seed_draws_the_same(model):
    one, two = (draw(np.random.default_rng(5), 20, model.names) for _ in range(2))
    np.testing.assert_array_equal(one.weights, two.weights)
    np.testing.assert_array_equal(one.gaze, two.gaze)
