import numpy as np
import pytest

from mien.data.labels import STILL, Expressions, Index, Labels
from mien.data.rates import completeness, rates


def made(root):
    occurrence = Labels(
        (1, 12),
        np.array([[1, 0], [1, 1], [0, 0], [0, 0]], np.float32),
        np.array([[1, 1], [1, 1], [1, 0], [1, 0]], bool),
    )
    intensity = Labels(
        (25,), np.array([[0], [2], [5], [0]], np.float32), np.array([[1], [1], [1], [0]], bool)
    )
    expression = Expressions(("anger", "joy"), np.array([1, 1, 0, 0]), np.array([1, 1, 1, 0], bool))
    return Index(
        "table",
        root,
        tuple("abcd"),
        np.full(4, STILL),
        np.arange(4),
        ("P1", "P1", "P1", "P2"),
        ("S1", "S1", "S2", "S3"),
        occurrence,
        intensity,
        expression,
    )


@pytest.fixture
def counted(tmp_path):
    return rates(made(tmp_path))


def test_pictures_that_lack_some_labels_or_all(tmp_path):
    index = made(tmp_path)
    index.occurrence.known[3] = False
    told, whole = completeness(index)
    assert told.tolist() == [True, True, True, False]
    assert whole.tolist() == [True, True, False, False]
    index.occurrence.known[:, 1] = False  # what nobody knows is missing nowhere
    assert completeness(index)[1].tolist() == [True, True, True, False]


def test_pictures_of_persons_and_sequences(counted):
    assert counted.subjects == {"P1": 3, "P2": 1}
    assert counted.sequences == {"S1": 2, "S2": 1, "S3": 1}


def test_rates_are_of_what_is_known(counted):
    assert counted.occurrence[1].rate == 0.5
    assert counted.occurrence[12].rate == 0.5
    assert counted.occurrence[12].unknown == 0.5


def test_rates_of_each_person(counted):
    by_subject = counted.occurrence_by_subject
    assert by_subject["P1"][1].rate == pytest.approx(2 / 3)
    assert by_subject["P2"][1].rate == 0
    assert by_subject["P2"][12].rate is None


def test_levels_leave_out_what_is_unknown(counted):
    assert counted.levels == {25: (1, 0, 1, 0, 0, 1)}
    assert counted.levels_unknown == {25: 0.25}


def test_expressions_leave_out_what_is_unknown(counted):
    assert counted.expressions == {"anger": 1, "joy": 2}


def test_as_json_units_have_their_names(counted):
    shown = counted.to_dict()
    assert shown["occurrence"]["AU12"] == {"present": 1, "known": 2, "rate": 0.5}
    assert shown["intensity_levels"] == {"AU25": [1, 0, 1, 0, 0, 1]}
