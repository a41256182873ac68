"""Several sources into one table, with made-up faces in them."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien.analysis import pipeline
from mien.analysis.options import Options
from mien.analysis.pipeline import Outputs, analyze, analyze_to_files
from mien.errors import InputError, UnreadableSource
from mien.video.writer import VideoWriter, write_picture
from tests.analysis.made_up import Scene

IMAGE = np.full((48, 64, 3), 99, np.uint8)
TRUST = {
    "single": ((1, "weak"), (12, "dependable"), (25, "fair")),
    "difference": ((1, "fair"), (12, "weak")),
}


@pytest.fixture
def networks():
    """Track 0 and 1 in every frame but the third."""
    scene = Scene(lambda index: () if index == 2 else (0, 1))
    for name, reliability in TRUST.items():
        setattr(scene, name, replace(getattr(scene, name), reliability=reliability))
    return scene


@pytest.fixture
def film(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    with VideoWriter(folder / "b.mp4", 64, 48) as writer:
        for index in range(4):
            writer.write(IMAGE, index / 10)
    return folder / "b.mp4"


@pytest.fixture
def photo(film):
    write_picture(film.with_name("a.png"), IMAGE)
    return film.with_name("a.png")


@pytest.fixture
def broken(film):
    film.with_name("broken.mp4").write_bytes(b"nothing")
    return film.with_name("broken.mp4")


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("sources", "neutral", "reader"),
    [
        (["film"], "auto", "difference"),
        (["film"], "none", "single"),
        (["photo"], "auto", "single"),
        (["photo"], "none", "single"),
        (["photo", "film"], "auto", "difference"),
        (["photo"], "photo", "difference"),
        (["film"], "photo", "difference"),
    ],
)
def test_the_reliability_is_that_of_the_network_that_reads(
    request, networks, monkeypatch, sources, neutral, reader
):
    monkeypatch.setattr(pipeline, "shared_networks", lambda: networks)
    paths = [request.getfixturevalue(name) for name in sources]
    choice = request.getfixturevalue(neutral) if neutral == "photo" else neutral
    schema = analyze(paths, neutral=choice).schema
    found = {
        name: schema.field(name).metadata.get(b"reliability", b"").decode()
        for name in ("AU1", "AU1_L", "AU12", "AU25")
    }
    trust = {f"AU{unit}": how for unit, how in TRUST[reader]}
    assert found == {name: trust.get(name.split("_")[0], "") for name in found}
    facts = json.loads(schema.metadata[b"mien"])
    assert facts["networks"] == {"one": "abc"}
    assert facts["reliability"]["single"] == {"AU1": "weak", "AU12": "dependable", "AU25": "fair"}
    assert facts["reliability"]["difference"] == {"AU1": "fair", "AU12": "weak"}


@pytest.mark.parametrize(
    ("neutral", "bars"), [("none", ("AU12", "AU25")), ("auto", ("AU1", "AU25"))]
)
def test_weak_units_get_no_bar(film, networks, monkeypatch, tmp_path, neutral, bars):
    asked = []
    whole = pipeline.Annotator

    def note(path, source, options, units):
        asked.append((source, units))
        return whole(path, source, options, units)

    monkeypatch.setattr(pipeline, "Annotator", note)
    outputs = Outputs(annotated=tmp_path / "seen.mp4")
    report = analyze_to_files(film, Options.of(neutral=neutral), outputs, networks)
    assert asked == [(film, bars)]
    assert report.outputs == (str(tmp_path / "seen.mp4"),)
    assert names(tmp_path) == ["seen.mp4"]


def test_table_and_mesh_have_the_same_rows(film, photo, networks, tmp_path):
    outputs = Outputs(tmp_path / "t.csv", tmp_path / "m.parquet")
    report = analyze_to_files([film, photo], Options.of(), outputs, networks)
    table, mesh = pd.read_csv(outputs.table), pd.read_parquet(outputs.mesh)
    assert len(table) == 7 + 2
    assert table["source"].tolist() == [str(film)] * 7 + [str(photo)] * 2
    pd.testing.assert_frame_equal(
        table[["source", "frame", "time", "face"]],
        mesh[["source", "frame", "time", "face"]],
        check_dtype=False,
    )
    assert table["face"].fillna(-1).tolist() == [0, 1, 0, 1, -1, 0, 1, 0, 1]
    assert mesh["mesh"].isna().tolist() == table["face"].isna().tolist()
    wanted = networks.follow(type("Frame", (), {"index": 3}))[1].mesh
    np.testing.assert_array_equal(np.stack(mesh["mesh"][6]), wanted.ravel())
    assert report.outputs == (str(outputs.table), str(outputs.mesh))
    assert [source.kind for source in report.sources] == ["video", "picture"]
    assert json.loads((tmp_path / "t.csv.report.json").read_text())["networks"] == {"one": "abc"}


def test_without_a_table_there_is_no_report(film, networks, tmp_path):
    analyze_to_files(film, Options.of(), Outputs(mesh=tmp_path / "m.csv"), networks)
    assert names(tmp_path) == ["m.csv"]


def test_the_time_spent_is_that_of_the_run(film, networks):
    wall, cpu = time.perf_counter(), time.process_time()
    report = analyze_to_files(film, Options.of(), Outputs(), networks)
    assert 0 <= report.wall_seconds <= time.perf_counter() - wall + 0.001
    assert 0 <= report.cpu_seconds <= time.process_time() - cpu + 0.001


def test_batches_and_progress_are_handed_on(film, photo, networks):
    rows, told = [], []
    analyze_to_files(
        [film, photo],
        Options.of(),
        Outputs(),
        networks,
        progress=lambda *each: told.append(each),
        on_batch=lambda batch: rows.append(batch.num_rows),
    )
    assert rows == [7, 2]
    assert [(source, frames) for source, frames, _ in told] == [(str(film), 4), (str(photo), 1)]


def test_of_several_sources_the_readable_ones_are_read(film, photo, broken, networks, tmp_path):
    outputs = Outputs(tmp_path / "t.csv")
    report = analyze_to_files([broken, film, photo], Options.of(), outputs, networks)
    assert [source.kind for source in report.sources] == ["unreadable", "video", "picture"]
    assert report.sources[0].source == str(broken)
    assert "broken.mp4" in report.sources[0].notes[0]
    assert len(pd.read_csv(outputs.table)) == 9


def test_one_broken_source_or_only_broken_ones_are_an_error(broken, networks, tmp_path):
    outputs = Outputs(tmp_path / "t.csv", tmp_path / "m.csv")
    other = broken.with_name("other.mp4")
    other.write_bytes(b"nothing")
    with pytest.raises(UnreadableSource, match=r"broken\.mp4"):
        analyze_to_files(broken, Options.of(), outputs, networks)
    with pytest.raises(UnreadableSource, match=r"none of the 2 sources can be read.*broken\.mp4"):
        analyze_to_files([broken, other], Options.of(), outputs, networks)
    assert names(tmp_path) == []


def test_analyze_of_several_stops_at_a_broken_one(film, photo, broken, networks, monkeypatch):
    monkeypatch.setattr(pipeline, "shared_networks", lambda: networks)
    with pytest.raises(UnreadableSource, match=r"broken\.mp4"):
        analyze([film, broken])
    assert analyze([film, photo]).num_rows == 9


def test_all_options_reach_the_run(film, photo, networks, monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "shared_networks", lambda: networks)
    table = analyze(
        film,
        neutral=photo,
        every=0.2,
        start=0.1,
        end=0.35,
        max_faces=5,
        output=tmp_path / "t.csv",
        mesh=tmp_path / "m.csv",
        annotate=tmp_path / "seen.mp4",
    )
    assert sorted(set(table.column("frame").to_pylist())) == [1, 3]
    assert set(table.column("neutral").to_pylist()) == {"picture"}
    assert networks.asked == [(1, True), (5, False)]
    assert names(tmp_path) == ["m.csv", "seen.mp4", "t.csv", "t.csv.report.json"]
    options = json.loads((tmp_path / "t.csv.report.json").read_text())["options"]
    wanted = {"every": 0.2, "start": 0.1, "end": 0.35, "max_faces": 5}
    assert options == {"neutral": f"picture {photo}", **wanted}


def test_one_source_is_drawn_at_a_time(film, photo, networks, tmp_path):
    with pytest.raises(InputError, match="2 sources came"):
        analyze_to_files(
            [film, photo], Options.of(), Outputs(annotated=tmp_path / "seen.mp4"), networks
        )


@pytest.mark.parametrize("name", ["~$a.png", "~a.png"])
def test_a_tilde_that_is_no_home_is_part_of_the_name(photo, networks, monkeypatch, name):
    monkeypatch.chdir(photo.parent)
    photo.rename(photo.with_name(name))
    report = analyze_to_files(".", Options.of(), Outputs(Path("t.csv")), networks)
    assert {source.source for source in report.sources} == {name, "b.mp4"}


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_an_output_without_a_name_is_one_sentence(photo, networks, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    for wanted in (Outputs(Path(name)), Outputs(mesh=Path(name)), Outputs(annotated=Path(name))):
        with pytest.raises(InputError, match="is a folder, expected the name of a file to write"):
            analyze_to_files(photo, Options.of(), wanted, networks)
    assert not names(tmp_path)


def test_a_loop_of_links_is_no_output(photo, networks, tmp_path):
    loop = tmp_path / "t.csv"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match="a name of its own"):
        analyze_to_files(photo, Options.of(), Outputs(loop, mesh=loop), networks)


def test_where_the_report_cannot_be_no_source_is_read(film, networks, monkeypatch, tmp_path):
    (tmp_path / "t.csv.report.json").mkdir()
    monkeypatch.setattr(pipeline, "SourceRun", None)
    with pytest.raises(InputError, match=r"t\.csv\.report\.json is a folder"):
        analyze_to_files(film, Options.of(), Outputs(tmp_path / "t.csv"), networks)
    assert not names(tmp_path)
