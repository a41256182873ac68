"""The figures of a run over its epochs, as a table and as curves."""

from mien.training import course

LINES = [
    {"epoch": 0, "train.loss": 2.0, "validate.f1": 0.25, "validate.accuracy": float("nan")},
    {"epoch": 1, "train.loss": 1.0, "validate.f1": 0.75, "validate.accuracy": float("nan")},
]


def test_the_course_shows_what_there_is():
    assert list(course.columns(LINES, "occurrence").values()) == ["loss", "F1", "accuracy"]
    table = course.table(LINES, "occurrence", 1).splitlines()
    assert table[2] == "| 0 | 2.000 | 0.250 | – |"
    assert table[3] == "| 1 * | 1.000 | 0.750 | – |"
    drawn = course.plot(LINES, "occurrence", 1)
    assert drawn.count("<polyline") == 2
    assert "does not exist" in drawn
    # the second point is to the right of and, for F1, above the first
    pairs = drawn.split('points="')[2].split('"')[0].split()
    (x0, y0), (x1, y1) = (map(float, pair.split(",")) for pair in pairs)
    assert x1 > x0
    assert y1 < y0
    assert drawn.count('r="4"') == 2


def test_one_epoch_without_a_held_out_part_is_drawn():
    drawn = course.plot([{"epoch": 0, "train.loss": 2.0}], "intensity", 0)
    assert drawn.count("<circle") == 1
    assert "nan" not in drawn
