"""The one-page report: whole, self-contained, honest about gaps."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import PIL.Image
import pytest
from arro3.core import Table

from mien.errors import InputError
from mien.results.html import Grid
from mien.results.page import Page, write_page
from mien.results.table import TableBuilder, table_schema
from mien.results.timeline import Band, axis, lane, marks, ticks

UNITS = ["AU12", "AU12_L", "AU12_R", "AU26", "AU4"]
EMPTY = {"br", "img", "link", "meta", "rect", "line", "path", "hr"}


class Checked(HTMLParser):
    """Keeps the texts, and fails when a tag is not closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def table_of(frames, faces=1, source="out/clip & co.mp4"):
    schema = table_schema(
        UNITS, {"networks": {"au-mesh": "ab12"}}, {"AU12": {"reliability": "dependable"}}
    )
    builder = TableBuilder(schema)
    for frame in range(frames):
        for face in range(faces):
            row = {"source": source, "frame": frame, "time": frame / 10, "face": face}
            strength = 5.0 * frame / max(frames - 1, 1)
            row |= {"AU12": strength, "AU12_L": strength, "AU12_R": 1.0, "AU26": 1.5, "AU4": 0.1}
            row["AU45_p"] = float(frame == 3)
            builder.add(
                row if frame != 5 else {key: row[key] for key in ("source", "frame", "time")}
            )
    return Table.from_batches([builder.batch()])


def write(tmp_path, table, page=None):
    path = tmp_path / "report.html"
    write_page(path, table, page or Page("A run"))
    return path.read_text(encoding="utf-8")


def test_page_is_whole_and_needs_nothing_else(tmp_path):
    text = write(tmp_path, table_of(20))
    checked = Checked(text)
    names = {tag for tag, _ in checked.tags}
    assert not names & {"script", "link", "iframe", "object"}
    assert not re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?(?!data:)[a-z]+:', text)
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert '<html lang="en">' in text


def test_strongest_units_come_first_with_their_sides(tmp_path):
    texts = Checked(write(tmp_path, table_of(20))).texts
    table = texts[texts.index("reliability") :]
    units = [text for text in table if re.fullmatch(r"AU\d+", text)]
    assert units == ["AU12", "AU26"]  # AU4 stays below a trace
    row = table[table.index("AU12") : table.index("AU26")]
    assert [text for text in row if text] == [
        *("AU12", "lip corner puller", "5.0", "5.0", "1.0", "1.90 s", "2.6", "● dependable")
    ]
    assert "not rated" in table


def test_names_are_escaped(tmp_path):
    page = Page("<b>x</b>", grids=[Grid("<i>", ["<u>"], [["a & b"]])], bands=[Band("<s>", 0, 1)])
    text = write(tmp_path, table_of(20), page)
    assert "<i>" not in text
    assert "&lt;b&gt;x" in text
    assert "clip &amp; co.mp4" in text
    assert "a & b" in Checked(text).texts


def test_every_lane_says_what_it_shows(tmp_path):
    drawings = [attrs for tag, attrs in Checked(write(tmp_path, table_of(20))).tags if tag == "svg"]
    assert len(drawings) == 3
    assert drawings[0]["aria-label"] == "AU12, lip corner puller: highest 5.0 at 1.90 seconds"
    assert {attrs["role"] for attrs in drawings} == {"img"}


def test_a_frame_without_the_face_is_a_gap(tmp_path):
    text = write(tmp_path, table_of(20))
    first, second = heights(text[: text.index("AU26, jaw drop")])
    assert (len(first), len(second)) == (5, 14)


def test_a_picture_has_no_curves(tmp_path):
    text = write(tmp_path, table_of(1))
    assert "<svg" not in text
    assert "AU26" in text
    Checked(text)


def test_a_table_without_faces_says_so_by_numbers(tmp_path):
    schema = table_schema(UNITS)
    builder = TableBuilder(schema)
    builder.add({"source": "a.mp4", "frame": 0, "time": 0.0})
    texts = Checked(write(tmp_path, Table.from_batches([builder.batch()]))).texts
    assert texts[texts.index("faces") + 1] == "0"


def test_many_faces_are_counted(tmp_path):
    text = write(tmp_path, table_of(3, faces=7))
    assert "3 more faces are in the table." in text
    assert "more faces" not in write(tmp_path, table_of(3, faces=4))


def test_report_is_shown(tmp_path):
    source = {
        "source": "x/clip.mp4",
        "frames_in_container": None,
        "decoded": 20,
        "analysed": 19,
        "without_face": 1,
        "dropped": {"damaged": 2},
        "neutral": {"0": {"source": "auto", "quality": 0.8125}},
        "notes": ["the face may never be neutral"],
    }
    report = {"sources": [source], "wall_seconds": 2.0, "cpu_seconds": 1.5, "version": "0.1.0"}
    texts = Checked(write(tmp_path, table_of(20), Page("A run", report))).texts
    assert "the face may never be neutral" in texts
    assert "auto, quality 0.81" in texts
    assert any(
        "unknown frames in the container, 20 decoded, 19 analysed, 2 dropped" in t for t in texts
    )
    assert "ab12" in texts
    said = dict(pairwise(texts))
    facts = {"frames": "20", "faces": "1", "length": "1.9 s", "frames without a face": "1"}
    assert {name: said[name] for name in facts} == facts
    assert "It took 2.0 s (1.5 s of CPU time), mien 0.1.0." in texts


def test_without_a_report_the_page_tells_of_the_table_alone(tmp_path):
    texts = Checked(write(tmp_path, table_of(1))).texts
    assert "length" not in texts, "a picture has none"
    assert "frames without a face" not in texts
    assert not any(text.startswith("It took") for text in texts)
    schema = table_schema(UNITS)
    empty = Table.from_batches([TableBuilder(schema).batch()])
    assert "The run" not in Checked(write(tmp_path, empty)).texts


def test_pictures_are_put_into_the_page(tmp_path):
    picture = tmp_path / "spot.png"
    PIL.Image.new("RGB", (2, 2), "red").save(picture)
    text = write(tmp_path, table_of(3), Page("A run", pictures=[("A spot", picture)]))
    assert 'alt="A spot" src="data:image/png;base64,iVBOR' in text
    with pytest.raises(InputError, match=r"spot\.gif cannot stand in a page"):
        write(tmp_path, table_of(3), Page("A run", pictures=[("A spot", tmp_path / "spot.gif")]))
    with pytest.raises(InputError, match=r"none\.png cannot be read \(No such file"):
        write(tmp_path, table_of(3), Page("A run", pictures=[("A spot", tmp_path / "none.png")]))


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"written to \.html"):
        write_page(tmp_path / "report.pdf", table_of(3), Page("A run"))


def heights(drawing):
    path = re.findall(r'class="curve" d="M([^"]+)"', drawing)
    return [[tuple(map(float, point.split(","))) for point in part.split()] for part in path]


def test_curves_have_gaps_where_nothing_is_known():
    (first, second) = heights(lane([0, 1, 2, 3, 4], [0, 5, None, 2.5, 9], [], "x"))
    assert first == [(0, 100), (250, 0)]
    assert second == [(750, 50), (1000, 0)]


def test_long_curves_keep_their_peaks():
    times = [index / 30 for index in range(30_000)]
    values = [5.0 if index == 17_123 else 0.0 for index in range(30_000)]
    (run,) = heights(lane(times, values, [], "x"))
    assert len(run) <= 600
    assert min(y for _, y in run) == 0


def test_ticks_cover_their_stretches():
    drawing = ticks([0, 1, 2, 3, 4], [True, False, True, True, False], [], "blinks")
    bars = re.findall(r'x="([\d.]+)" y="20" height="60" width="([\d.]+)"', drawing)
    assert bars == [("0.0", "250.0"), ("500.0", "500.0")]


def test_bands_are_marked_and_cut_at_the_edges():
    drawing = lane([0, 10], [0, 0], [Band("early", -5, 5), Band("late", 9, 99)], "x")
    assert re.findall(r'class="band" x="([\d.]+)" y="0" width="([\d.]+)"', drawing) == [
        *(("0.0", "500.0"), ("900.0", "100.0"))
    ]


def test_names_of_bands_do_not_cover_each_other():
    text = marks(
        [0, 10], [Band("a long name", 1, 2), Band("another", 2, 3), Band("last one", 9, 10)]
    )
    places = re.findall(r'style="((?:left|right):[\d.%]+);top:([\d.]+)em">([^<]+)', text)
    tops = {name: float(top) for _, top, name in places}
    assert tops["a long name"] != tops["another"]
    assert {name: place for place, _, name in places}["last one"] == "right:0"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (4.966, ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s"]),
        (0.5, ["0.0 s", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s"]),
        (95.0, ["0:00", "0:30", "1:00", "1:35"]),
        (3600.0, ["0:00", "10:00", "20:00", "30:00", "40:00", "50:00", "60:00"]),
    ],
)
def test_axis_has_round_times(length, expected):
    labels = re.findall(r">([^<]+)</span>", axis([0.0, length]))
    assert labels == expected
