"""From rows to the columns of the table."""

import numpy as np
import pytest

from mien.analysis.blinks import BLINK, CLOSED, watch
from mien.analysis.interpret import Interpreter
from mien.analysis.judgement import Neutral
from mien.analysis.rows import NOBODY
from mien.face.geometry import FEATURES, POSE
from mien.facs.combinations import EMOTIONS
from tests.analysis.made_up import UNITS, cut, made_up_networks, made_up_rows

REST = np.full(FEATURES, 0.5, np.float32)


def neutral(unsettled=(), features=REST, quality=0.75):
    return Neutral(features, 20, "auto", quality, (), unsettled)


def interpreter(neutrals=None, watches=None, networks=None):
    return Interpreter("a.mp4", networks or made_up_networks(), neutrals or {}, watches or {})


def joined(tables):
    """Columns of all chunks in one, as lists."""
    columns = [columns for _, columns in tables]
    return {name: [value for each in columns for value in list(each[name])] for name in columns[0]}


def equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        plain = [[None if v is None or v != v else v for v in each[name]] for each in (one, other)]
        assert plain[0] == plain[1], name


def crowd():
    """Three tracks: one always there, one with a gap, one from frame 9; two blank frames."""
    frame, track = [], []
    for index in range(24):
        here = [] if index in (15, 16) else [0]
        here += [1] if index not in (15, 16) and not 6 <= index < 8 else []
        here += [2] if index >= 9 and index not in (15, 16) else []
        track += here or [NOBODY]
        frame += [index] * max(len(here), 1)
    return made_up_rows(track, frame)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20])
def test_where_the_rows_are_cut_does_not_matter(size):
    rows = crowd()
    known = {0: neutral((12,)), 1: neutral()}
    whole = joined(interpreter(known).tables([rows]))
    equal(joined(interpreter(known).tables(iter(cut(rows, size)))), whole)


def test_chunks_come_in_order_each_with_its_own_rows():
    chunks = cut(crowd(), 5)
    tables = list(interpreter().tables(chunks))
    assert [rows for rows, _ in tables] == chunks
    for rows, columns in tables:
        assert columns["frame"].tolist() == rows.frame.tolist()
        assert all(len(values) == len(rows) for values in columns.values())


def test_chunks_are_not_held_for_long():
    given = []

    def chunks():
        for chunk in cut(made_up_rows([0] * 200), 20):
            given.append(chunk)
            yield chunk

    for number, _ in enumerate(interpreter().tables(chunks())):
        assert len(given) <= number + 2


def test_the_emotions_are_smoothed_and_the_units_are_not():
    rows = made_up_rows([0, 1] * 20, frame=np.repeat(np.arange(20), 2))
    rows.single[:] = 0
    rows.single[(rows.track == 1) & (rows.frame == 9), :2] = 5
    rows.single[(rows.track == 0) & (rows.frame >= 12), :2] = 5
    found = joined(interpreter().tables(cut(rows, 6)))
    happy = np.array(found["happiness"])
    smile = np.array(found["AU12"])
    assert smile[(rows.track == 1) & (rows.frame == 9)] == 5
    assert happy[rows.track == 1].max() == 0
    assert (happy[rows.track == 0] > 0).tolist() == (np.arange(20) >= 12).tolist()
    assert np.array(found["emotion"])[(rows.track == 0) & (rows.frame == 15)] == "happiness"


def test_the_coverage_is_that_of_the_emotion_that_is_named():
    rows = made_up_rows([0] * 8)
    rows.single[:] = 0
    rows.single[4:, :2] = 5
    found = joined(interpreter().tables([rows]))
    assert found["emotion"] == ["neutral"] * 4 + ["happiness"] * 4
    assert found["emotion_coverage"][:4] == [None] * 4
    assert found["emotion_rule"][0] is None
    assert found["emotion_rule"][-1] is not None
    assert 0 < found["emotion_coverage"][-1] <= 1


def test_past_rows_are_looked_at_and_not_given_again():
    rows = made_up_rows([0] * 12)
    rows.single[:] = 0
    rows.single[11, :2] = 5
    [*past, last] = map(interpreter().course, cut(rows, 1))
    alone = interpreter().columns(last, [])
    after = interpreter().columns(last, past[-4:])
    assert len(after["happiness"]) == len(alone["happiness"]) == 1
    assert alone["happiness"][0] > 0
    assert after["happiness"][0] == 0
    assert after["AU12"][0] == 5


def test_the_row_just_before_counts():
    rows = made_up_rows([0] * 12)
    rows.single[:] = 0
    rows.single[10:, :2] = 5
    [*past, last] = map(interpreter().course, cut(rows, 1))
    assert interpreter().columns(last, past[-4:])["happiness"][0] > 0


def test_a_face_is_read_against_its_own_neutral():
    rows = made_up_rows([0, 1, 2, 0])
    networks = made_up_networks()
    other = neutral(features=np.full(FEATURES, 2.0, np.float32))
    values = interpreter({0: neutral(), 1: other}, networks=networks).intensity(rows)
    features = rows.features[:, : len(UNITS)].astype(np.float32)
    np.testing.assert_allclose(values[[0, 3]], features[[0, 3]] - 0.5 + 1, atol=1e-6)
    np.testing.assert_allclose(values[1], features[1] - 2.0 + 1, atol=1e-6)
    np.testing.assert_array_equal(values[2], rows.single[2])
    asked = networks.reading.networks[1].asked[0]
    np.testing.assert_array_equal(asked[:, POSE], rows.features[[0, 3], POSE].astype(np.float32))


def test_unsettled_units_are_read_by_the_single_frame_network():
    rows = made_up_rows([0, 0])
    values = interpreter({0: neutral((12, 25))}).intensity(rows)
    np.testing.assert_array_equal(values[:, [0, 1, 4]], rows.single[:, [0, 1, 4]])
    np.testing.assert_allclose(values[:, 2:4], rows.features[:, 2:4] + 0.5, atol=1e-2)


def test_the_rows_themselves_stay_as_they_are():
    rows = made_up_rows([0, 0])
    before = rows.single.copy()
    interpreter({0: neutral()}).intensity(rows)
    np.testing.assert_array_equal(rows.single, before)


def test_rows_without_features_are_read_alone():
    rows = made_up_rows([0, 0])
    bare = type(rows)(**{**vars(rows), "features": np.zeros((2, 0), np.float16)})
    networks = made_up_networks()
    values = interpreter({0: neutral()}, networks=networks).intensity(bare)
    np.testing.assert_array_equal(values, rows.single)
    assert networks.reading.networks[1].asked == []


def test_the_neutral_of_each_row_is_told():
    rows = made_up_rows([0, 1, NOBODY, 2])
    poor = Neutral(None, 0, "none", 0.0, ("too short",))
    found = joined(interpreter({0: neutral(), 1: poor}).tables([rows]))
    assert found["neutral"] == ["auto", "none", None, "none"]
    assert found["neutral_quality"] == [0.75, None, None, None]


def test_keys_and_places_are_those_of_the_row():
    rows = made_up_rows([7, NOBODY], frame=[3, 4])
    found = joined(interpreter().tables([rows]))
    assert found["source"] == ["a.mp4", "a.mp4"]
    assert found["frame"] == [3, 4]
    assert found["time"] == rows.time.tolist()
    assert found["face"] == [7, None]
    for name, column in (
        *zip(("x0", "y0", "x1", "y1"), rows.box.T, strict=True),
        *zip(("pitch", "yaw", "roll"), rows.pose.T, strict=True),
        *zip(("eye_open_L", "eye_open_R"), rows.openness.T, strict=True),
        *zip(("gaze_x", "gaze_y"), rows.gaze.T, strict=True),
        ("score", rows.score),
    ):
        np.testing.assert_array_equal(found[name], column, name)


def test_units_and_their_sides_stand_under_their_names():
    rows = made_up_rows([0])
    rows.single[:] = [4, 2, 1, 3, 5]
    found = joined(interpreter().tables([rows]))
    units = {name: values[0] for name, values in found.items() if name.startswith("AU")}
    del units["AU45_p"]
    wanted = {"AU1": 2, "AU1_L": 1, "AU1_R": 3, "AU12": 3, "AU12_L": 2, "AU12_R": 4, "AU25": 5}
    assert units == wanted


def test_a_row_without_a_face_says_nothing():
    found = joined(interpreter().tables([made_up_rows([0, NOBODY, 0])]))
    for name in ("AU12", "AU12_L", "AU45_p", "gaze_x", "eye_open_L", *EMOTIONS):
        assert np.isnan(found[name][1]), name
    for name in ("face", "emotion", "emotion_rule", "emotion_coverage", "neutral"):
        assert found[name][1] is None, name


def test_blinks_stand_in_the_rows_of_their_track():
    """Track 1 blinks in frames 30-35 and keeps its eyes closed from 50 to 79; track 0 does not."""
    rows = made_up_rows([0, 1] * 100, frame=np.repeat(np.arange(100), 2))
    mine = rows.track == 1
    ratio = np.full(100, 0.32)
    ratio[30:36] = ratio[50:80] = 0.05
    yaw = np.zeros(100)
    yaw[90:] = 50
    times = rows.time[mine]
    watched = watch(times, ratio, yaw)
    assert set(watched.unit[watched.unit > 0]) == {BLINK, CLOSED}
    found = joined(interpreter(watches={1: (times, watched)}).tables(cut(rows, 16)))
    blink, gaze = np.array(found["AU45_p"]), np.array([found["gaze_x"], found["gaze_y"]]).T
    assert np.isnan(blink[~mine]).all()
    assert np.flatnonzero(blink[mine] == 1).tolist() == list(range(30, 36))
    assert np.isnan(blink[mine]).tolist() == (np.arange(100) >= 90).tolist()
    np.testing.assert_array_equal(gaze[~mine], rows.gaze[~mine])
    closed = [*range(30, 36), *range(50, 80)]
    assert np.flatnonzero(np.isnan(gaze[mine]).all(axis=1)).tolist() == closed
    assert not np.isnan(gaze[mine]).any(axis=1)[[29, 36, 49, 80]].any()
