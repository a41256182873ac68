import numpy as np
import pytest

from mien.data import DATASETS, read
from mien.data.example import EXPRESSIONS, UNITS, recordings, write_example
from mien.data.findings import Findings
from mien.errors import InputError


@pytest.fixture(scope="module")
def made():
    return recordings(persons=3, frames=3, size=96, each=2)


def test_units_rise_from_nothing_to_the_expression(made):
    assert [one.person for one in made] == [0, 0, 1, 1, 2, 2]
    assert len({one.expression for one in made}) == 6
    for one in made:
        assert one.units == UNITS
        assert not one.intensity[0].any()
        assert (np.diff(one.intensity, axis=0) >= 0).all()
        shown = {unit: int(value) for unit, value in zip(UNITS, one.intensity[-1], strict=True)}
        assert {unit: value for unit, value in shown.items() if value} == EXPRESSIONS[
            one.expression
        ]
        assert (one.intensity == np.round(one.intensity)).all()


def test_the_landmarks_lie_on_the_picture_and_move_with_it(made):
    smile = next(one for one in made if one.expression == "happiness")
    points = smile.points
    assert points.min() > 0
    assert points.max() < 95
    assert (points[:, 8, 1] > points[:, 33, 1]).all()  # chin below the nose
    assert (points[:, 36, 0] < points[:, 45, 0]).all()  # the right eye on the left
    width = np.linalg.norm(points[:, 48] - points[:, 54], axis=1)
    eyes = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    assert (width / eyes)[-1] > 1.1 * (width / eyes)[0]


def test_the_same_seed_gives_the_same(made):
    again = recordings(persons=3, frames=3, size=96, each=2)
    other = recordings(persons=1, frames=3, size=96, each=2, seed=1)
    np.testing.assert_array_equal(made[3].images[2], again[3].images[2])
    assert np.abs(made[0].images[2].astype(int) - other[0].images[2]).mean() > 5


def test_a_full_folder_is_refused_before_anything_is_drawn(tmp_path, monkeypatch):
    def drawn(_):
        pytest.fail("faces were drawn first")

    monkeypatch.setattr("mien.data.example.recordings", drawn)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write_example("bp4d", tmp_path)


def test_nothing_to_show_is_refused():
    for wrong in ({"persons": 0}, {"frames": 1}, {"each": 0}):
        with pytest.raises(InputError, match="expected"):
            recordings(**wrong)


def test_there_is_an_example_of_every_data_set(tmp_path, made, monkeypatch):
    monkeypatch.setattr("mien.data.example.recordings", lambda persons: made[: 2 * persons])
    for name in DATASETS:
        root = tmp_path / name
        write_example(name, root, 3)
        findings = Findings()
        index = read(name, root, findings)
        assert findings.clean, (name, list(findings))
        assert len(index) > 0
    with pytest.raises(InputError, match="there is no data set"):
        write_example("bp4dd", tmp_path / "x")
