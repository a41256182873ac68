import csv

import numpy as np
import pytest
from arro3.core import Array, DataType, RecordBatch, fixed_size_list_array
from arro3.io import write_parquet
from PIL import Image as Picture

from mien.data import read, write
from mien.data.findings import Findings
from mien.data.labels import STILL
from mien.data.recording import Recording
from mien.errors import InputError


def recording(person, frames=3, expression="happiness"):
    rng = np.random.default_rng(person)
    return Recording(
        person,
        [rng.integers(0, 255, (16, 20, 3), np.uint8) for _ in range(frames)],
        rng.uniform(2, 14, (frames, 68, 2)).astype(np.float32),
        (1, 12),
        np.array([[0, 0], [0.5, 1.0], [3, 4.25]], np.float32)[:frames],
        expression,
    )


@pytest.fixture
def folder(tmp_path):
    """A folder with a few pictures: a function that writes a table beside them and reads it."""
    for name in ("a", "b", "c", "d"):
        Picture.new("RGB", (8, 8)).save(tmp_path / f"{name}.jpg")

    def table(text, name="labels.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        findings = Findings()
        return read("table", tmp_path, findings), [
            (one.kind, one.place, one.what) for one in findings
        ]

    table.root = tmp_path
    return table


def test_recordings_come_back_as_they_were_written(tmp_path):
    recordings = [recording(0), recording(0, expression="fear"), recording(4)]
    write("table", tmp_path / "set", recordings)
    index = read("table", tmp_path / "set")
    assert len(index) == 9
    assert index.subject == ("P001",) * 6 + ("P005",) * 3
    assert index.sequence == ("P001/R1",) * 3 + ("P001/R2",) * 3 + ("P005/R1",) * 3
    assert index.number.tolist() == [0, 1, 2] * 3
    assert (index.frame == STILL).all()
    assert index.intensity.units == index.occurrence.units == (1, 12)
    np.testing.assert_allclose(index.intensity.value[:3], recordings[0].intensity)
    assert index.occurrence.value[:3].tolist() == [[0, 0], [0, 1], [1, 1]]
    assert index.intensity.known.all()
    assert index.expression.classes == ("fear", "happiness")
    assert index.expression.known.tolist() == [False, False, True] * 3
    assert index.expression.value[[2, 5, 8]].tolist() == [1, 0, 1]
    corners = recordings[0].points[0]
    expected = [*corners.min(axis=0), *corners.max(axis=0)]
    np.testing.assert_allclose(index.box[0], expected, atol=0.06)
    for row, path in enumerate(index.path[:3]):
        picture = np.asarray(Picture.open(index.root / path)).astype(int)
        assert np.abs(picture - recordings[0].images[row]).mean() < 25


def test_a_folder_that_holds_something_is_not_written_to(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        write("table", tmp_path, [recording(0)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_cell_is_unknown_and_a_zero_is_not(folder):
    index, found = folder(
        "path,subject,AU04,AU12,AU12_p,AU7_present\n"
        "a.jpg,x,0,,1,0\nb.jpg,x,nan,5,,\nc.jpg,y,2.5,NA,0,1\nd.jpg,y,1,0,0,1\n"
    )
    assert found == []
    assert index.intensity.units == (4, 12)
    assert index.intensity.known.tolist() == [
        [True, False],
        [False, True],
        [True, False],
        [True] * 2,
    ]
    assert index.intensity.value.tolist() == [[0, 0], [0, 5], [2.5, 0], [1, 0]]
    assert index.occurrence.units == (7, 12)
    assert index.occurrence.known.tolist() == [[True] * 2, [False] * 2, [True] * 2, [True] * 2]
    assert index.occurrence.value.tolist() == [[0, 1], [0, 0], [1, 0], [1, 0]]
    assert index.box is None
    assert index.part is None
    assert index.expression is None


def test_without_subjects_each_picture_is_its_own_and_it_is_said(folder):
    index, found = folder("path,AU12\na.jpg,1\nb.jpg,2\nc.jpg,3\nd.jpg,1\n")
    assert index.subject == index.path
    assert [kind for kind, *_ in found] == ["no subject"]
    strict = Findings(strict=True)
    read("table", folder.root, strict)  # a remark is no fault
    assert strict.clean


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ("b.jpg,x,6", "code out of range", "AU12 is 6, expected 0 to 5"),
        ("b.jpg,x,-1", "code out of range", "AU12 is -1"),
        ("b.jpg,x,9", "code out of range", "AU12 is 9"),
        ("b.jpg,x,strong", "bad line", "AU12 is 'strong', expected a number"),
        ("b.jpg,x,inf", "bad line", "AU12 is 'inf'"),
        ("b.jpg,x,0_3", "bad line", "AU12 is '0_3', expected a number"),
        ("b.jpg,x", "bad line", "has 2 cells, expected 3"),
        ("b.jpg,x,1,1", "bad line", "has 4 cells, expected 3"),
        ("b.jpg,,1", "bad line", "has no subject"),
        (",x,1", "bad line", "has no path"),
        ("e.jpg,x,1", "no picture", "there is no e.jpg"),
        (f"{'e' * 300}/e.jpg,x,1", "no picture", "there is no eee"),
        ("a.jpg,x,1", "duplicate", "a.jpg came before, in line 2"),
    ],
)
def test_every_fault_is_named_with_its_line(folder, line, kind, said):
    text = f"path,subject,AU12\na.jpg,x,0\n\n{line}\nc.jpg,y,1\nd.jpg,y,1\n"
    index, found = folder(text)
    faults = [one for one in found if one[0] != "no label"]
    assert len(faults) == 1
    assert faults[0][:2] == (kind, "labels.csv:4")
    assert said in faults[0][2]
    assert {"a.jpg", "c.jpg", "d.jpg"} <= set(index.path)
    if kind == "code out of range":
        row = index.path.index("b.jpg")
        assert not index.intensity.known[row, 0]
        assert index.intensity.value[row, 0] == 0
    with pytest.raises(InputError, match=r"labels\.csv:4: "):
        read("table", folder.root)


def test_occurrence_is_0_or_1(folder):
    index, found = folder("path,subject,AU12_p\na.jpg,x,0.7\nb.jpg,x,1\nc.jpg,y,2\nd.jpg,y,0.7\n")
    assert [(kind, place) for kind, place, _ in found] == [
        ("code out of range", "labels.csv:2"),
        ("code out of range", "labels.csv:4"),
    ]
    assert "2 lines" in found[0][2]
    assert index.occurrence.known[:, 0].tolist() == [False, True, False, False]


def test_pictures_that_are_not_in_the_table_and_columns_without_meaning_are_remarks(folder):
    index, found = folder("path,subject,AU12,AU12_L,mood\na.jpg,x,1,1,good\nb.jpg,y,1,0,bad\n")
    assert len(index) == 2
    assert [(kind, place) for kind, place, _ in found] == [
        ("no label", "c.jpg"), ("no label", "d.jpg"), ("not used", "labels.csv"),
    ]  # fmt: skip
    assert "AU12_L, mood" in found[2][2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,AU12\na.jpg,1\n", "has no column path (it has image, AU12)"),
        ("path,subject\na.jpg,x\n", "has no column of labels (it has path, subject)"),
        ("path,AU1,AU01\na.jpg,1,1\n", "has AU1 and AU01"),
        ("path,AU1,AU1\na.jpg,1,1\n", "has the column AU1 twice"),
        ("path,AU1,x0,x1\na.jpg,1,1,2\n", "has x0, x1 only, expected x0, y0, x1 and y1"),
        ("path,AU1\n", "has no line of data"),
        ("", "is empty"),
        ("p\0a\0t\0h\0", "no text in UTF-8"),
        ('path,AU1\na.jpg,"1\nb.jpg,2\n', "labels.csv:2 cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_sentence(folder, text, said):
    with pytest.raises(InputError) as caught:
        folder(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_boxes_parts_sequences_and_videos(folder):
    (folder.root / "v.mp4").touch()
    index, found = folder(
        "path;subject;sequence;frame;part;AU12;x0;y0;x1;y1\n"
        "v.mp4;x;T1;0;train;0,5;1;2;3,5;4\n"
        "v.mp4;x;T1;7;train;1;;;;\n"
        "a.jpg;y;T1;3;test;1;5;5;5;6\n"
        "v.mp4;y;T1;;test;1;;;;\n"
        "v.mp4;y;T1;7;test;1;;;;\n"
    )
    assert index.path == ("v.mp4", "v.mp4", "a.jpg")
    assert index.frame.tolist() == [0, 7, STILL]
    assert index.number.tolist() == [0, 7, 3]
    assert index.sequence == ("x/T1", "x/T1", "y/T1")
    assert index.part == ("train", "train", "test")
    assert index.intensity.value[:, 0].tolist() == [0.5, 1, 1]
    assert index.box[0].tolist() == [1, 2, 3.5, 4]
    assert np.isnan(index.box[1:]).all()
    faults = [one[:2] for one in found if one[0] != "no label"]
    assert faults == [
        ("bad line", "labels.csv:5"),  # a video without a frame
        ("duplicate", "labels.csv:6"),
        ("bad line", "labels.csv:4"),  # a box without width
    ]


def test_the_table_may_be_named_itself_and_must_be_one(folder):
    (folder.root / "one.csv").write_text("path,subject,AU1\na.jpg,x,1\n")
    assert len(read("table", folder.root / "one.csv", Findings())) == 1
    assert len(read("table", folder.root, Findings())) == 1
    (folder.root / "two.csv").write_text("path,subject,AU1\na.jpg,x,1\n")
    with pytest.raises(InputError, match=r"holds one\.csv, two\.csv, expected one table"):
        read("table", folder.root)
    with pytest.raises(InputError, match="does not exist"):
        read("table", folder.root / "missing")
    (folder.root / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no table of pictures; expected labels\.csv"):
        read("table", folder.root / "empty")
    with pytest.raises(InputError, match="has the suffix"):
        read("table", folder.root / "a.jpg")


def test_parquet_is_read_alike(folder):
    columns = {
        "path": Array(["a.jpg", "b.jpg", "c.jpg", "d.jpg"], DataType.utf8()),
        "subject": Array([1, 1, 2, 2], DataType.int64()),
        "AU12": Array([0.0, None, float("nan"), 7.0], DataType.float64()),
        "AU4_p": Array([True, False, None, True], DataType.bool()),
    }
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(batch, folder.root / "labels.parquet")
    findings = Findings()
    index = read("table", folder.root, findings)
    assert index.subject == ("1", "1", "2", "2")
    assert index.intensity.known[:, 0].tolist() == [True, False, False, False]
    assert index.occurrence.value[:, 0].tolist() == [1, 0, 0, 1]
    assert index.occurrence.known[:, 0].tolist() == [True, True, False, True]
    assert [(one.kind, one.place) for one in findings] == [
        ("code out of range", "labels.parquet:4")
    ]
    whole = (folder.root / "labels.parquet").read_bytes()
    (folder.root / "labels.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is no Parquet file, or is cut short"):
        read("table", folder.root)


def test_a_list_in_a_cell_is_no_number(folder):
    columns = {
        "path": Array(["a.jpg", "b.jpg"], DataType.utf8()),
        "subject": Array(["x", "y"], DataType.utf8()),
        "AU12": fixed_size_list_array(Array([1.0, 2.0, 3.0, 4.0], DataType.float64()), 2),
        "AU4": Array([1.0, 2.0], DataType.float64()),
    }
    batch = RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    write_parquet(batch, folder.root / "labels.parquet")
    findings = Findings()
    index = read("table", folder.root, findings)
    assert index.intensity.of([12, 4]).known.tolist() == [[False, True]] * 2
    assert "AU12 is '[1.0, 2.0]', expected a number" in next(iter(findings)).what


def test_many_faults_of_one_kind_are_few_findings(folder):
    rows = "".join(f"e{number}.jpg,x,{number / 10 + 6}\n" for number in range(500))
    _, found = folder(f"path,subject,AU12\na.jpg,x,1\n{rows}")
    assert len(found) < 30
    assert any("(490 lines like this)" in what for _, _, what in found)


def test_many_short_lines_are_few_findings(folder):
    index, found = folder("path,subject,AU12\na.jpg,x,1\n" + "b.jpg,x\n" * 100 + "c.jpg,x,1\n")
    assert index.path == ("a.jpg", "c.jpg")
    assert [place for kind, place, _ in found if kind == "bad line"] == [
        f"labels.csv:{line}" for line in range(3, 14)
    ]
    assert "and 90 more" in next(what for _, place, what in found if place == "labels.csv:13")


def test_a_large_table_is_read(tmp_path):
    units = [f"AU{unit}" for unit in (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)]
    (tmp_path / "p").mkdir()
    count = 30_000
    rows = np.random.default_rng(0).integers(0, 6, (count, len(units)))
    for row in range(3):
        (tmp_path / "p" / f"{row}.jpg").touch()
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "subject", *units])
        table.writerows([f"p/{row}.jpg", f"s{row // 4000}", *rows[row]] for row in range(count))
    index = read("table", tmp_path, Findings())
    assert index.path == ("p/0.jpg", "p/1.jpg", "p/2.jpg")
    np.testing.assert_array_equal(index.intensity.value, rows[:3])
