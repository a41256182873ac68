"""What is shown of a table on the screen."""

import pytest

from mien.analysis.networks import Networks
from mien.cli.summary import MOST_FACES, Summary
from mien.results.report import RunReport, SourceReport
from mien.results.table import TableBuilder, table_schema
from mien.spec import ModelSpec

SCHEMA = table_schema(["AU1", "AU12", "AU12_L", "AU12_R", "AU25"])


def network(*reliability):
    return ModelSpec("a", "intensity", "mesh", (1,), ("",), reliability=reliability)


class Read(Networks):
    def __init__(self):
        pass

    single = network((12, "fair"), (25, "weak"))
    difference = network((12, "dependable"))


def shown(*batches, fallen_back=()):
    facts = {"0": {"single_frame_units": list(fallen_back)}}
    report = RunReport((SourceReport("in/a.mp4", "video", neutral=facts),), "1")
    summary = Summary()
    for rows in batches:
        builder = TableBuilder(SCHEMA)
        for row in rows:
            builder.add({"source": "in/a.mp4", "face": 0, "time": 0.0, "neutral": "none", **row})
        summary.add(builder.batch())
    return summary.text(Read(), report).splitlines()


def test_a_picture_shows_its_units_the_strongest_first():
    units = {"AU1": 0.49, "AU12": 2.0, "AU12_L": 5.0, "AU25": 3.5}
    assert shown([{**units, "emotion": "happiness"}]) == [
        "a.mp4, face 0 (single frame, no neutral): resembles happiness",
        f"  AU25  {'lips part':<22}  3.5  {'█' * 14:<20}  weak",
        f"  AU12  {'lip corner puller':<22}  2.0  {'█' * 8:<20}  fair",
    ]


def test_a_clip_shows_peak_moment_and_mean_over_all_its_batches():
    rows = [{"time": time / 4, "AU12": value} for time, value in enumerate((1.0, 4.0, 1.14))]
    rows[2]["emotion"] = rows[1]["emotion"] = "happiness"
    rows[0]["emotion"] = "neutral"
    for row in rows:
        row["neutral"] = "auto"
    assert shown(rows[:1], rows[1:]) == [
        "a.mp4, face 0 (neutral: auto): resembles happiness in 67 % of the frames",
        f"  AU12  {'lip corner puller':<22}  4.0  {'█' * 16:<20}"
        "  peak at 0.25 s, mean 2.0  dependable",
    ]


def test_a_unit_that_the_neutral_shows_itself_has_the_class_of_single_frames():
    row = {"AU12": 4.0, "AU25": 3.0, "neutral": "auto"}
    classes = [line.split()[-1] for line in shown([row], fallen_back=(12, 25))[1:]]
    assert classes == ["fair", "weak"]
    assert shown([row], fallen_back=(25,))[1].endswith("  dependable")
    assert shown([{**row, "face": 1}], fallen_back=(12,))[1].endswith("  dependable")


def test_what_is_just_worth_showing_is_shown():
    assert shown([{"AU1": 0.5}])[1].split()[0] == "AU1"
    assert shown([{"AU1": 0.4}])[1:] == ["  no action unit above a trace"]
    assert shown([{}]) == [
        "a.mp4, face 0 (single frame, no neutral)",
        "  no action unit above a trace",
    ]


def test_each_face_of_each_source_has_its_own_lines():
    rows = [{"face": 1, "AU1": 2.0}, {"face": 0, "AU1": 1.0}, {"source": "b.png", "AU1": 3.0}]
    titles = [line.partition(" (")[0] for line in shown(rows) if line[0] != " "]
    assert titles == ["a.mp4, face 1", "a.mp4, face 0", "b.png, face 0"]


@pytest.mark.parametrize(("many", "rest"), [(0, 0), (1, 1), (3, 3)])
def test_of_a_crowd_the_rest_is_counted(many, rest):
    lines = shown([{"face": face, "AU1": 1.0} for face in range(MOST_FACES + many)])
    assert sum(line.startswith("a.mp4") for line in lines) == MOST_FACES
    assert lines[-1].startswith(f"... and {rest} more faces;") == (many > 0)


def test_frames_without_a_face_are_nobody():
    assert shown([{"face": None}, {"face": None}]) == ["No face was found."]
    assert shown() == ["No face was found."]


def test_a_face_on_which_no_emotion_stands_out_is_said_so():
    first = shown([{"emotion": "neutral", "AU12": 0.6}])[0]
    assert first == "a.mp4, face 0 (single frame, no neutral): no emotion stands out"
