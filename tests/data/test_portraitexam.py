"""Planted portraits to judge networks by."""

import numpy as np
import pytest

from mien.data.expressions import OUTPUTS_OF, UNITS, table
from mien.data.planted import Portrait
from mien.data.portraitexam import KINDS, MIXES, _changes, make, read
from mien.errors import UnreadableSource
from tests.data.made_mesh import reference_mesh

SIDED = [unit for unit, columns in OUTPUTS_OF.items() if len(columns) > 1]


@pytest.fixture(scope="module")
def mesh():
    return reference_mesh(60, (90, 90))


@pytest.fixture(scope="module")
def portraits(mesh):
    """Three noisy pictures; on the third no face is found again."""
    rng = np.random.default_rng(0)
    images = [rng.integers(40, 215, (180, 180, 3), np.uint8) for _ in range(3)]
    images[2][0, 0] = 255
    return [Portrait(image, mesh) for image in images]


@pytest.fixture(scope="module")
def exam(portraits, mesh, model, tmp_path_factory):
    shown = []

    def find(image, again):
        assert not again
        if (image[0, 0] == 255).all():
            return None
        shown.append(image)
        return mesh if len(shown) % 7 else mesh + 500  # now and then another face

    path = tmp_path_factory.mktemp("exam") / "exam.npz"
    told = []
    make(portraits, model, find, path, lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert not list(path.parent.glob("*.part*"))
    return read(path), shown


def test_each_portrait_comes_first_and_is_left_out_where_it_is_not_found(exam, portraits):
    found, shown = exam
    assert np.unique(found.portrait).tolist() == [0, 1]
    for number in (0, 1):
        rows = np.flatnonzero(found.portrait == number)
        assert KINDS[found.kind[rows[0]]] == "rest"
        assert found.of("rest")[rows].sum() == 1
        assert (found.intensity[rows[0]] == 0).all()
    assert np.abs(shown[0].astype(int) - portraits[0].image).max() <= 1


def test_strays_are_left_out_and_the_rest_is_there(exam):
    found, shown = exam
    singles = len(dict.fromkeys(UNITS)) - 1  # all but AU25
    wanted = 2 * (1 + singles + 2 * MIXES + 4 + len(SIDED))
    assert len(shown) == wanted
    assert len(found.kind) == wanted - wanted // 7
    assert found.crop.shape[1:] == (112, 112, 3)
    assert found.mesh.shape[1:] == (478, 3)


def test_what_shows_no_unit_has_none_and_differs_from_the_portrait(exam):
    found, _ = exam
    still = found.of("pose", "identity", "blur", "light")
    assert still.any()
    assert (found.intensity[still] == 0).all()
    rest = found.crop[found.of("rest") & (found.portrait == 0)][0].astype(int)
    for kind in ("pose", "identity", "blur", "light"):
        crops = found.crop[found.of(kind) & (found.portrait == 0)].astype(int)
        assert all(np.abs(one - rest).mean() > 1 for one in crops), kind


def test_single_units_are_alone(exam):
    found, _ = exam
    rows = np.flatnonzero(found.of("single"))
    assert (found.unit[rows] > 0).all()
    for row in rows:
        planted = {unit for unit, level in zip(UNITS, found.intensity[row], strict=True) if level}
        assert planted - {25} == {found.unit[row]}


def test_each_sided_unit_moves_one_side_and_over_two_portraits_both(exam):
    found, _ = exam
    sides = {}
    for row in np.flatnonzero(found.of("onesided")):
        columns = OUTPUTS_OF[int(found.unit[row])]
        moved = np.flatnonzero(found.intensity[row, columns])
        assert len(moved) == 1
        assert found.intensity[row].sum() == pytest.approx(
            found.intensity[row, columns].sum() + found.intensity[row, -1]
        )
        sides.setdefault(int(found.unit[row]), []).append(int(moved[0]))
    assert set(sides) <= set(SIDED)
    pairs = [one for one in sides.values() if len(one) > 1]
    assert len(pairs) > len(SIDED) / 2
    assert all(sorted(one) == [0, 1] for one in pairs)


def test_what_is_warped_on_one_side_is_what_is_labelled(model):
    mixing, seen = table(model.names), {}
    for number in range(12):
        for one in _changes(np.random.default_rng(0), number, model):
            if KINDS[one.kind] == "onesided":
                np.testing.assert_allclose(one.weights, one.intensity @ mixing)
                columns = OUTPUTS_OF[one.unit]
                side = int(one.intensity[columns].argmax())
                seen.setdefault(one.unit, set()).add((side, round(float(one.intensity.max()), 1)))
    assert set(seen) == set(SIDED)
    wanted = {(side, level) for side in (0, 1) for level in (0.5, 0.7, 0.9)}
    assert all(one == wanted for one in seen.values())


def test_the_same_portraits_give_the_same_pictures(portraits, mesh, model, tmp_path):
    for name in ("one", "two"):
        make(portraits[:1], model, lambda *_: mesh, tmp_path / f"{name}.npz")
    one, two = read(tmp_path / "one.npz"), read(tmp_path / "two.npz")
    np.testing.assert_array_equal(one.crop, two.crop)
    np.testing.assert_array_equal(one.intensity, two.intensity)


def test_without_portraits_or_faces_no_exam_is_written(portraits, model, tmp_path):
    for given in (portraits[:1], []):
        with pytest.raises(UnreadableSource, match="nothing could be planted"):
            make(given, model, lambda *_: None, tmp_path / "exam.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_exam_says_how_to_make_it(tmp_path):
    with pytest.raises(UnreadableSource, match="mien datasets exam"):
        read(tmp_path / "none.npz")
