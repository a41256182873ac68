"""From pictures and clips to the table, end to end."""

import json
import shutil

import numpy as np
import pandas as pd
import PIL.Image
import pytest

import mien
from mien.analysis.options import Options
from mien.analysis.pipeline import Outputs, analyze_to_files
from mien.analysis.stream import find_faces
from mien.face.tracker import Tracker
from mien.video.reader import open_source
from tests.conftest import BLANK

TWELVE = (
    *("0223e6ad63", "0814b46470", "18900bdb11", "2784fe453b", "01443d1020", "04ebe42b20"),
    *("0a6a14e33f", "0cce562a13", "0e512518af", "0f4f38f7c1", "221fc5a98c", "1f1251bd79"),
)
"""Portraits of unlike persons, one frontal face each."""


def frame_of(table) -> pd.DataFrame:
    return pd.DataFrame.from_arrow(table)


AROUND_THE_BLANK = {"start": 1.8, "end": 2.3}
"""Of the clip: fifteen frames, some of which show no face."""


@pytest.fixture(scope="module")
def table(clip):
    return mien.analyze(clip)


@pytest.fixture(scope="module")
def whole(table) -> pd.DataFrame:
    return frame_of(table)


def test_the_astronaut_smiles(photo):
    table = mien.analyze(photo)
    [row] = frame_of(table).to_dict("records")
    units = {name: row[name] for name in row if name[2:].isdecimal()}
    assert max(units, key=units.get) == "AU12"
    assert row["AU12"] > 2
    assert row["AU12"] == pytest.approx((row["AU12_L"] + row["AU12_R"]) / 2, abs=1e-5)
    assert row["emotion"] == "happiness"
    assert row["neutral"] == "none"
    assert abs(row["yaw"]) < 15
    assert 170 < row["x0"] < row["x1"] < 290
    assert row["frame"] == 0
    assert row["time"] == 0


def test_missing_values_are_null_and_never_nan(table):
    for name in table.column_names:
        for value in table.column(name).to_pylist():
            assert value is None or value == value, name


def test_every_frame_has_its_row_and_its_time(whole, clip):
    with open_source(clip) as source:
        times = [frame.time for frame in source]
    assert whole["frame"].tolist() == list(range(90))
    assert whole["time"].tolist() == times
    assert whole.index[whole["face"].isna()].tolist() == list(BLANK)
    blank = whole.loc[list(BLANK)]
    assert blank.drop(columns=["source", "frame", "time"]).isna().all().all()


def test_one_person_keeps_one_number(whole):
    assert whole["face"].dropna().unique().tolist() == [0]


@pytest.mark.parametrize(
    ("column", "begin", "end", "least"),
    [("AU26", 0.8, 1.4, 1.75), ("AU43", 1.6, 1.9, 1.5), ("AU2", 2.3, 2.9, 1.5)],
)
def test_planted_movements_are_found_at_their_time(whole, column, begin, end, least):
    inside = whole["time"].between(begin, end)
    peak = whole.loc[whole[column].idxmax(), "time"]
    assert begin < peak < end
    assert whole.loc[inside, column].max() > least
    quiet = whole["time"] < 0.7
    assert whole.loc[quiet, column].median() < least / 3


def test_the_blink_is_an_au45(whole):
    blinking = whole.loc[whole["AU45_p"] == 1, "time"]
    assert len(blinking) >= 2
    assert blinking.between(1.6, 1.9).all()
    assert whole.loc[blinking.index, "gaze_x"].isna().all()


def test_the_neutral_is_told(whole):
    seen = whole.dropna(subset="face")
    assert set(seen["neutral"]) == {"auto"}
    assert seen["neutral_quality"].between(0, 1).all()


def test_no_neutral_when_none_is_wanted(clip):
    frame = frame_of(mien.analyze(clip, neutral="none", end=0.5)).dropna(subset="face")
    assert set(frame["neutral"]) == {"none"}
    assert frame["neutral_quality"].isna().all()


def test_neutral_of_a_moment_and_of_a_picture(clip, tmp_path):
    with open_source(clip) as source:
        first = next(iter(source)).image
    PIL.Image.fromarray(first).save(tmp_path / "neutral.png")
    for neutral, name in (("0.3s", "time"), (tmp_path / "neutral.png", "picture")):
        frame = frame_of(mien.analyze(clip, neutral=neutral, end=1.5)).dropna(subset="face")
        assert set(frame["neutral"]) == {name}
        assert 0.8 < frame.loc[frame["AU26"].idxmax(), "time"] < 1.4


def test_a_neutral_moment_without_a_face_is_said(clip, tmp_path):
    blank = Options.of(neutral="2.05", **AROUND_THE_BLANK)
    report = analyze_to_files(clip, blank, Outputs(tmp_path / "a.csv"))
    assert "is not seen at 2.05 s" not in "".join(report.sources[0].notes)
    shown = pd.read_csv(tmp_path / "a.csv")["neutral"].dropna()
    assert set(shown) == {"time"}
    beyond = Options.of(neutral="9s", **AROUND_THE_BLANK)
    late = analyze_to_files(clip, beyond, Outputs(tmp_path / "b.csv"))
    assert "not seen at 9 s" in late.sources[0].notes[0]
    assert set(pd.read_csv(tmp_path / "b.csv")["neutral"].dropna()) == {"none"}


def test_a_neutral_picture_without_a_face_is_an_error(clip, tmp_path):
    PIL.Image.new("RGB", (200, 200), "white").save(tmp_path / "wall.png")
    with pytest.raises(mien.InputError, match=r"no face is found in .*wall\.png"):
        mien.analyze(clip, neutral=tmp_path / "wall.png")


def test_a_clip_that_smiles_throughout_is_noticed(astronaut, front_end, tmp_path):
    from mien.video.writer import VideoWriter

    path = tmp_path / "smile.mp4"
    face = np.ascontiguousarray(astronaut[:256, 96:352])
    with VideoWriter(path, 256, 256) as writer:
        for index in range(30):
            noise = np.random.default_rng(index).integers(-3, 4, face.shape)
            writer.write(np.clip(face + noise, 0, 255).astype(np.uint8), index / 30)
    report = analyze_to_files(path, Options.of(), Outputs(tmp_path / "smile.csv"))
    frame = pd.read_csv(tmp_path / "smile.csv")
    assert frame["AU12"].median() > 2
    assert frame["neutral_quality"].max() < 0.5
    assert "still reads AU12" in report.sources[0].notes[0]


def test_every_start_and_end(clip):
    frame = frame_of(mien.analyze(clip, every="0.2s", start=0.5, end="1.5s"))
    assert frame["time"].round(3).tolist() == [0.5, 0.7, 0.9, 1.1, 1.3]


def test_the_files_hold_what_the_table_holds(clip, tmp_path):
    table = frame_of(mien.analyze(clip, **AROUND_THE_BLANK))
    assert 0 < table["face"].isna().sum() < len(table)
    outputs = {suffix: tmp_path / f"table{suffix}" for suffix in (".parquet", ".csv", ".jsonl")}
    for path in outputs.values():
        mien.analyze(clip, output=path, **AROUND_THE_BLANK)
    for path, read in zip(
        outputs.values(),
        (pd.read_parquet, pd.read_csv, lambda p: pd.read_json(p, lines=True)),
        strict=True,
    ):
        frame = read(path)
        assert frame.columns.tolist() == table.columns.tolist()
        for name in ("time", "AU12_L", "x0", "happiness"):
            np.testing.assert_allclose(frame[name], table[name].astype(float), atol=2e-4)


def test_the_report_accounts_for_every_frame(clip, tmp_path):
    analyze_to_files(clip, Options.of(every=0.1), Outputs(tmp_path / "t.parquet"))
    report = json.loads((tmp_path / "t.parquet.report.json").read_text())
    [source] = report["sources"]
    assert source["frames_in_container"] == source["decoded"] == 90
    assert source["analysed"] + source["skipped"] == 90
    assert source["analysed"] == 30
    assert source["without_face"] == 2
    assert source["neutral"]["0"]["source"] == "auto"
    assert set(report["networks"]) >= {"face-mesh", "au-mesh", "au-mesh-difference"}
    assert all(len(value) == 64 for value in report["networks"].values())


def test_the_metadata_says_unit_meaning_and_trust(clip):
    table = mien.analyze(clip, end=0.2)
    field = table.schema.field("AU12_L")
    assert field.metadata[b"unit"] == b"0-5"
    assert b"left" in field.metadata[b"meaning"]
    assert field.metadata[b"reliability"] == b"dependable"
    facts = json.loads(table.schema.metadata[b"mien"])
    assert facts["reliability"]["single"]["AU25"] == "dependable"
    assert facts["options"]["neutral"] == "auto"


def test_mesh_and_annotated_copy(clip, tmp_path):
    outputs = Outputs(tmp_path / "t.csv", tmp_path / "m.parquet", tmp_path / "seen.mp4")
    analyze_to_files(clip, Options.of(), outputs)
    mesh = pd.read_parquet(outputs.mesh)
    table = pd.read_csv(outputs.table)
    assert mesh[["frame", "time"]].equals(table[["frame", "time"]])
    points = np.stack(mesh["mesh"].dropna()).reshape(-1, 478, 3)
    assert len(points) == 84
    np.testing.assert_allclose(points[0, :, 0].min(), table["x0"][0], atol=0.01)
    with open_source(clip) as plain, open_source(outputs.annotated) as drawn:
        pairs = list(zip(plain, drawn, strict=True))
    assert [a.time for a, _ in pairs] == pytest.approx([b.time for _, b in pairs], abs=1e-3)
    changed = [np.abs(a.image.astype(int) - b.image).mean() for a, b in pairs]
    assert min(value for i, value in enumerate(changed) if i not in BLANK) > 3
    assert max(changed[i] for i in BLANK) < 3


def test_an_annotated_picture(photo, tmp_path):
    mien.analyze(photo, annotate=tmp_path / "seen.png")
    drawn = np.asarray(PIL.Image.open(tmp_path / "seen.png"))
    assert np.abs(drawn.astype(int) - np.asarray(PIL.Image.open(photo))).mean() > 0.5


def test_nothing_is_left_when_it_breaks_in_the_middle(clip, tmp_path, monkeypatch):
    follow = Tracker.follow

    def breaking(self, frame):
        if frame.index == 70:
            raise RuntimeError("in the middle")
        return follow(self, frame)

    monkeypatch.setattr(Tracker, "follow", breaking)
    outputs = Outputs(tmp_path / "t.parquet", tmp_path / "m.parquet", tmp_path / "seen.mp4")
    with pytest.raises(RuntimeError, match="in the middle"):
        analyze_to_files(clip, Options.of(), outputs)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_goes_on_past_a_broken_file(clip, photo, tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copy(clip, folder / "a.mp4")
    (folder / "b.mp4").write_bytes(b"this is no video")
    shutil.copy(photo, folder / "c.png")
    report = analyze_to_files(folder, Options.of(every=0.5), Outputs(tmp_path / "t.csv"))
    assert [source.kind for source in report.sources] == ["video", "unreadable", "picture"]
    frame = pd.read_csv(tmp_path / "t.csv")
    assert {name.rsplit("/")[-1] for name in frame["source"]} == {"a.mp4", "c.png"}


def test_when_nothing_can_be_read_nothing_is_written(tmp_path):
    for name in ("a.mp4", "b.png"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(mien.UnreadableSource, match="none of the 2 sources"):
        analyze_to_files(tmp_path, Options.of(), Outputs(tmp_path / "t.csv"))
    assert not (tmp_path / "t.csv").exists()


def test_annotating_asks_for_one_file(clip, photo, tmp_path):
    with pytest.raises(mien.InputError, match="2 sources came"):
        mien.analyze([clip, photo], annotate=tmp_path / "seen.mp4")
    with pytest.raises(mien.InputError, match="camera"):
        mien.analyze("camera:99", annotate=tmp_path / "seen.mp4")


def test_an_output_never_hides_an_input_or_another_output(clip, photo, tmp_path):
    copy = tmp_path / "c.mp4"
    shutil.copy(clip, copy)
    before = copy.read_bytes()
    for outputs in (
        {"annotate": copy},
        {"output": tmp_path / "t.csv", "mesh": tmp_path / "t.csv"},
        {"output": tmp_path / "t.csv", "mesh": tmp_path / "." / "t.csv.report.json"},
    ):
        with pytest.raises(mien.InputError, match="a name of its own"):
            mien.analyze(copy, **outputs)
    with pytest.raises(mien.InputError, match="also read"):
        mien.analyze(clip, neutral=photo, annotate=photo)
    assert copy.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["c.mp4"]


def test_a_source_that_needs_an_extra_does_not_stop_the_others(photo, tmp_path, monkeypatch):
    def needs_an_extra(source, *arguments, **options):
        if str(source).endswith("a.png"):
            raise mien.MissingExtra("pi_heif", "heic", "read HEIC pictures")
        return open_source(source, *arguments, **options)

    monkeypatch.setattr("mien.analysis.run.open_source", needs_an_extra)
    for name in ("a.png", "b.png"):
        shutil.copy(photo, tmp_path / name)
    report = analyze_to_files(tmp_path, Options.of(), Outputs(tmp_path / "t.csv"))
    assert [source.kind for source in report.sources] == ["unreadable", "picture"]
    assert "mien[heic]" in report.sources[0].notes[0]


def test_a_slow_clip_says_that_blinks_are_not_read(clip, tmp_path):
    report = analyze_to_files(clip, Options.of(every=0.2), Outputs(tmp_path / "t.csv"))
    assert any("AU45_p is empty" in note for note in report.sources[0].notes)


def test_a_moment_of_a_picture_is_said_to_be_none(photo, tmp_path):
    report = analyze_to_files(photo, Options.of(neutral="0.5s"), Outputs(tmp_path / "t.csv"))
    assert "one moment" in report.sources[0].notes[0]


def test_nothing_between_start_and_end_is_said(clip, tmp_path):
    report = analyze_to_files(clip, Options.of(start=50), Outputs(tmp_path / "t.csv"))
    assert "no frame was analysed" in report.sources[0].notes[0]
    assert "it goes from 0.00 to 3.00 s" in report.sources[0].notes[0]


def test_max_faces_must_be_a_number_of_faces(photo):
    with pytest.raises(mien.InputError, match=r"max_faces\) is 0"):
        mien.analyze(photo, max_faces=0)
    with pytest.raises(mien.InputError, match=r"max_faces\) is True"):
        mien.analyze(photo, max_faces=True)
    assert Options.of(max_faces=np.int64(2)) == Options.of(max_faces=2)
    with pytest.raises(mien.InputError, match=r"max_faces\) is 1.5"):
        mien.analyze(photo, max_faces=1.5)


@pytest.mark.parametrize("size", [(1, 1), (20000, 10), (3, 700)])
def test_odd_pictures_have_a_row_without_a_face(size, tmp_path, front_end):
    PIL.Image.new("RGB", size, "grey").save(tmp_path / "odd.png")
    [row] = frame_of(mien.analyze(tmp_path / "odd.png")).to_dict("records")
    assert pd.isna(row["face"])
    assert pd.isna(row["AU12"])


def test_twelve_faces_get_twelve_rows(shared, front_end, tmp_path):
    folder = shared / "data" / "portraits"
    sheet = PIL.Image.new("RGB", (1200, 900))
    for index, name in enumerate(TWELVE):
        tile = PIL.Image.open(folder / f"{name}.jpg").convert("RGB").resize((300, 300))
        sheet.paste(tile, (300 * (index % 4), 300 * (index // 4)))
    sheet.save(tmp_path / "sheet.png")
    frame = frame_of(mien.analyze(tmp_path / "sheet.png"))
    assert sorted(frame["face"]) == list(range(12))
    corners = frame[["x0", "y0"]] + 50
    assert len((corners // 300).drop_duplicates()) == 12


def test_find_faces_of_an_array(astronaut, front_end):
    [face] = find_faces(astronaut)
    assert face.mesh.shape == (478, 3)
    assert face.pose.shape == (3,)
    assert 0 <= face.score <= 1
    with pytest.raises(mien.ShapeError, match=r"uint8 with shape \(height, width, 3\)"):
        find_faces(astronaut[..., 0])
    with pytest.raises(mien.ShapeError, match="float64"):
        find_faces(astronaut / 255)


def test_networks_are_opened_once_however_often_pictures_are_read(photo, monkeypatch):
    find_faces(np.asarray(PIL.Image.open(photo)))
    mien.analyze(photo)
    monkeypatch.setattr("mien.analysis.networks.open_session", lambda *_: pytest.fail("opened"))
    monkeypatch.setattr("mien.analysis.reading.Predictor", lambda *_: pytest.fail("opened"))
    assert mien.analyze(photo).num_rows == 1
