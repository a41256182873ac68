"""Networks of one's own in the analysis: what they read, and what becomes of the table."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

import mien
from mien.analysis import added as room
from mien.analysis import observe
from mien.analysis.added import Added
from mien.analysis.added_columns import AddedColumns
from mien.analysis.networks import Networks, shared_networks
from mien.analysis.options import Options
from mien.analysis.pipeline import Outputs, analyze_to_files
from mien.errors import InputError, WeightsError
from mien.face.align import crop
from mien.face.landmarks import landmarks
from mien.results.table import read_facts
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.values import Face
from mien.video.reader import open_source, read_picture
from tests.analysis.made_up import SINGLE, made_up_face
from tests.conftest import BLANK
from tests.crop_networks import card, write, write_several
from tests.point_networks import pointed, write_pointed

CLASSES = ("Happiness", "neutral", "in awe")
BY_COLOUR = np.array([[1.0, 0.0], [0.0, -2.0], [0.5, 1.0]])


def frame_of(table) -> pd.DataFrame:
    return pd.DataFrame.from_arrow(table)


@pytest.fixture
def tiny(tmp_path):
    """Writes a network and gives its path."""

    def make(task="occurrence", weights=BY_COLOUR, name=None, **more):
        spec = card(task, **{"name": name or f"tiny-{task}", **more})
        return write(tmp_path / f"{spec.name}.onnx", spec, weights)

    return make


def test_an_occurrence_network_reads_the_crop_of_its_card(photo, tiny):
    path = tiny(reliability=((12, "fair"),))
    table = mien.analyze(photo, model=path)
    [row] = frame_of(table).to_dict("records")
    image = read_picture(photo)
    [face] = mien.find_faces(image)
    cut = crop(image, face.mesh, "ffhq", 20).image
    wanted = Predictor(path).score_crops(cut[None]).probability[0]
    assert [row["AU4_p"], row["AU12_p"]] == pytest.approx(wanted.tolist(), abs=1e-6)
    fields = {name: table.schema.field(name).metadata for name in ("AU12_p", "AU4_p", "AU12")}
    assert fields["AU12_p"][b"model"] == b"tiny-occurrence"
    assert fields["AU12_p"][b"reliability"] == b"fair"
    assert b"reliability" not in fields["AU4_p"]
    assert b"model" not in fields["AU12"]
    names = table.schema.names
    assert names[names.index("AU12") : names.index("AU12") + 4] == [
        *("AU12", "AU12_L", "AU12_R", "AU12_p")
    ]
    bare = mien.analyze(photo)
    for name in bare.schema.names:
        assert table.column(name).to_pylist() == bare.column(name).to_pylist(), name


def test_an_intensity_network_takes_the_place_of_the_default(photo, tiny):
    weights = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    path = write(
        tiny("intensity"), card("intensity", units=(12, 27)), weights, np.array([4.5, 1.25])
    )
    table = mien.analyze(photo, model=path)
    [row] = frame_of(table).to_dict("records")
    assert (row["AU12"], row["AU27"]) == (4.5, 1.25)
    assert not {"AU12_L", "AU12_R", "AU12_p"} & row.keys()
    assert table.schema.field("AU12").metadata[b"model"] == b"tiny-intensity"
    assert b"reliability" not in table.schema.field("AU12").metadata
    others = frame_of(mien.analyze(photo)).iloc[0]
    for name in ("AU6", "AU6_L", "AU25", "eye_open_L"):
        assert row[name] == others[name]
    flat = write(path, card("intensity", units=(12, 27)), weights, np.array([0.0, 0.0]))
    assert frame_of(mien.analyze(photo, model=flat)).loc[0, "emotion"] != "happiness"
    assert row["emotion"] == "happiness"


ALL = ("intensity", "probability", "expression")


def several(path, **more):
    """A network of intensity, presence and expressions, its file."""
    spec = card("intensity", units=(12, 27), detected=(4, 12, 7), outputs=ALL, **more)
    spec = replace(spec, classes=("neutral", "happiness"), units=(12, 27), sides=("", ""))
    odds = np.log([0.2 / 0.8, 0.6 / 0.4, 0.9 / 0.1])
    said = {"intensity": [4.5, 7.0], "probability": odds, "expression": np.log([0.3, 0.7])}
    return write_several(path, spec, said)


def test_one_network_gives_intensity_presence_and_expression_from_one_pass(photo, tmp_path):
    path = several(tmp_path / "all.onnx")
    table = mien.analyze(photo, model=path)
    [row] = frame_of(table).to_dict("records")
    assert (row["AU12"], row["AU27"]) == (4.5, 5.0)
    assert [row[f"AU{unit}_p"] for unit in (4, 12, 7)] == pytest.approx([0.2, 0.6, 0.9])
    assert (row["neutral_p"], row["happiness_p"]) == pytest.approx((0.3, 0.7))
    assert row["expression"] == "happiness"
    assert "AU27_p" not in row
    others = frame_of(mien.analyze(photo)).iloc[0]
    assert (row["AU4"], row["AU7_L"]) == (others["AU4"], others["AU7_L"])
    for name in ("AU12", "AU7_p", "neutral_p", "expression"):
        assert table.schema.field(name).metadata[b"model"] == b"tiny-intensity"
    assert b"model" not in table.schema.field("AU7").metadata


def test_what_a_network_detects_beside_is_given_once(tmp_path, tiny):
    path = several(tmp_path / "all.onnx")
    Added([path, tiny(units=(27, 10))])
    for units, both in (((7, 10), "AU7_p"), ((12, 4), "AU12_p, AU4_p")):
        with pytest.raises(InputError, match=f"both give {both}; give one network for each"):
            Added([path, tiny(units=units)])
    strange = several(tmp_path / "strange.onnx")
    spec = replace(Predictor(strange).spec, detected=(4, 12, 99))
    write_several(
        strange, spec, {"intensity": [1, 2], "probability": [1, 2, 3], "expression": [1, 2]}
    )
    with pytest.raises(InputError, match="gives AU99, which FACS does not have"):
        Added([strange])


def test_sides_of_an_added_network_make_the_unit(photo, tiny):
    spec = card("intensity", units=(12, 12, 14), sides=("R", "L", ""))
    path = write(tiny(), spec, np.zeros((3, 3)), np.array([1.0, 3.0, 4.0]))
    [row] = frame_of(mien.analyze(photo, model=path)).to_dict("records")
    assert (row["AU12_R"], row["AU12_L"], row["AU12"], row["AU14"]) == (1, 3, 2, 4)
    assert "AU14_L" not in row
    spec = card(units=(12, 12), sides=("R", "L"))
    path = write(tiny(), spec, np.zeros((3, 2)), np.array([0.0, 1.0]))
    [row] = frame_of(mien.analyze(photo, model=path)).to_dict("records")
    assert row["AU12_p"] == pytest.approx(1 / (1 + np.exp(-1)))


def test_an_expression_network_gives_a_column_for_each_class(photo, tiny):
    path = tiny("expression", weights=np.zeros((3, 3)), classes=CLASSES)
    write(path, Predictor(path).spec, np.zeros((3, 3)), np.log([0.2, 0.3, 0.5]))
    table = mien.analyze(photo, model=path)
    [row] = frame_of(table).to_dict("records")
    chances = [row[name] for name in ("happiness_p", "neutral_p", "in_awe_p")]
    assert chances == pytest.approx([0.2, 0.3, 0.5])
    assert row["expression"] == "in awe"
    assert row["neutral"] == "none"
    assert table.schema.field("in_awe_p").metadata == {
        b"unit": b"0-1",
        b"meaning": b"probability of in awe",
        b"model": b"tiny-expression",
    }


def test_a_clip_has_a_number_for_each_face_and_null_elsewhere(clip, tiny):
    paths = [tiny(), tiny("expression", weights=np.eye(3), classes=CLASSES)]
    frame = frame_of(mien.analyze(clip, model=paths, start=1.9, end=2.4)).set_index("frame")
    names = ["AU4_p", "AU12_p", "happiness_p", "in_awe_p", "expression"]
    assert frame.index[frame["AU12_p"].isna()].tolist() == list(BLANK)
    assert frame.loc[list(BLANK), names].isna().all().all()
    with open_source(clip) as source:
        image = next(shown.image for shown in source if shown.index == 70)
    row = frame.loc[70]
    [face] = mien.find_faces(image)
    wanted = Predictor(paths[0]).score_crops(crop(image, face.mesh, "ffhq", 20).image[None])
    assert row["AU4_p"] == pytest.approx(wanted.probability[0, 0], abs=2e-3)
    assert frame["AU4_p"].nunique() > 5


def test_where_the_chunks_end_does_not_matter(clip, tiny, monkeypatch):
    path = tiny()
    whole = frame_of(mien.analyze(clip, model=path, end=0.5))
    monkeypatch.setattr(observe, "CHUNK", 7)
    parts = frame_of(mien.analyze(clip, model=path, end=0.5))
    np.testing.assert_allclose(parts["AU12_p"], whole["AU12_p"], atol=1e-6)


def test_a_live_reading_has_the_columns_too(clip, tiny):
    path = tiny("expression", weights=np.eye(3), classes=CLASSES)
    whole = frame_of(mien.analyze(clip, model=path, end=0.2))
    live = [one.rows[0] for one in mien.stream(clip, model=path, end=0.2)]
    assert [row["in_awe_p"] for row in live] == pytest.approx(whole["in_awe_p"].tolist(), abs=1e-6)
    assert live[0].keys() == set(whole.columns)


def test_the_report_names_the_file_and_its_hash(photo, tiny, tmp_path):
    path = tiny()
    networks = shared_networks().with_models(path)
    report = analyze_to_files(photo, Options.of(), Outputs(tmp_path / "a.parquet"), networks)
    digest = sha256(path.read_bytes()).hexdigest()
    assert report.networks[str(path)] == digest
    assert (
        json.loads((tmp_path / "a.parquet.report.json").read_text())["networks"][str(path)]
        == digest
    )
    facts = read_facts(mien.analyze(photo, model=path).schema)
    [said] = facts["models"]
    assert (said["file"], said["name"], said["precision"]) == (str(path), "tiny-occurrence", "fp32")
    assert "models" not in read_facts(mien.analyze(photo).schema)


def test_the_default_networks_are_opened_once(tiny):
    first = Networks()
    second = first.with_models([tiny()])
    assert second.single is first.single
    assert second.detector is first.detector
    assert not first.added
    assert first.with_models(()) is first


def test_each_template_is_cut_once_and_a_face_that_cannot_be_cut_is_missing(tiny, monkeypatch):
    cuts = []

    def note(image, mesh, template, size, inner):
        cuts.append((template, size, inner))
        return crop(image, mesh, template, size, inner)

    monkeypatch.setattr(room, "crop", note)
    added = Added([tiny(), tiny("intensity"), tiny(name="other", template="box", units=(1, 2))])
    image = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    outside = made_up_face(1)
    outside = Face(outside.box, 0.5, 1, outside.mesh - np.float32(500))
    seen = added.cut(image, [made_up_face(0), outside, Face(outside.box, 0.5, 2)])
    assert cuts == [("ffhq", 20, 16), ("box", 20, 16)] * 2
    assert [[cut is None for cut in crops] for crops in seen] == [
        *([False, False], [False, True], [True, True])
    ]
    values = added.score([*seen, ()])
    assert np.isnan(values).tolist() == [
        *([False] * 6, [False] * 4 + [True] * 2, [True] * 6, [True] * 6)
    ]


def test_what_cannot_be_asked_is_refused_in_one_sentence(tiny, tmp_path):
    from mien.weights.catalog import FILES

    with pytest.raises(InputError, match=r"reads the mesh, as the default networks do"):
        Added([FILES / "au-mesh.onnx"])
    with pytest.raises(InputError, match="there is no file"):
        Added([tmp_path / "missing.onnx"])
    (tmp_path / "text.onnx").write_text("this is no network")
    with pytest.raises(WeightsError, match=r"text\.onnx cannot be opened as an ONNX network"):
        Added([tmp_path / "text.onnx"])
    with pytest.raises(InputError, match=r"template 'sideways', which is not known here"):
        Added([tiny(template="sideways")])
    with pytest.raises(InputError, match=r"gives AU3, which FACS does not have"):
        Added([tiny(units=(3, 12))])
    with pytest.raises(InputError, match=r"tiny-occurrence and other both give AU12_p; give one"):
        Added([tiny(), tiny(name="other", units=(1, 12))])
    two = [tiny("expression", np.eye(3), name=name, classes=CLASSES) for name in ("a", "b")]
    with pytest.raises(InputError, match="a and b both give expressions"):
        Added(two)


def test_a_network_that_reads_landmarks_is_given_those_of_the_mesh(photo, tmp_path):
    spec = pointed(gives=("maps",), template="jaanet")
    path = write_pointed(tmp_path / "points.onnx", spec)
    [row] = frame_of(mien.analyze(photo, model=path)).to_dict("records")
    image = read_picture(photo)
    [face] = mien.find_faces(image)
    made = crop(image, face.mesh, "jaanet", 20)
    points = landmarks(face.mesh, "49") @ made.matrix[:, :2].T + made.matrix[:, 2]
    across = (points[:, 0].mean() - 2) / 16
    wanted = 1 / (1 + np.exp(-across * np.array([1, 2])))
    assert [row["AU4_p"], row["AU12_p"]] == pytest.approx(wanted.tolist(), abs=1e-5)


def test_maps_and_landmarks_of_a_network_are_no_columns(photo, tmp_path):
    spec = pointed(reads=False, gives=("maps", "landmarks"))
    path = write_pointed(tmp_path / "maps.onnx", spec)
    columns = set(mien.analyze(photo, model=path).schema.names)
    assert columns - set(mien.analyze(photo).schema.names) == {"AU4_p", "AU12_p"}


def test_a_blink_network_takes_the_place_of_the_blinks(photo, tiny):
    path = write(tiny(), card(units=(45,)), np.zeros((3, 1)), np.array([2.0]))
    table = mien.analyze(photo, model=path)
    assert table.schema.names.count("AU45_p") == 1
    assert frame_of(table).loc[0, "AU45_p"] == pytest.approx(1 / (1 + np.exp(-2)))


def test_without_networks_nothing_changes():
    values = np.ones((3, 5), np.float32)
    columns = AddedColumns(())
    assert columns.layout(SINGLE) == SINGLE
    assert columns.intensities(values, np.zeros((3, 0), np.float32), SINGLE) is values
    assert columns.columns(np.zeros((3, 0), np.float32)) == {}
    assert columns.marks() == {}


def test_the_layout_is_that_of_the_intensities():
    added = AddedColumns((card("intensity", units=(12, 9)), card("occurrence", units=(1, 25))))
    spec = added.layout(SINGLE)
    assert list(zip(spec.units, spec.sides, strict=True)) == [
        *((1, "L"), (1, "R"), (25, ""), (12, ""), (9, ""))
    ]
    values = np.arange(5, dtype=np.float32)[None]
    more = np.array([[10, 11, 0.5, 0.25]], np.float32)
    assert added.intensities(values, more, SINGLE).tolist() == [[2, 3, 4, 10, 11]]
    assert {name: column.tolist() for name, column in added.columns(more).items()} == {
        "AU1_p": [0.5],
        "AU25_p": [0.25],
    }
    assert isinstance(spec, ModelSpec)
    assert added.unit_columns(SINGLE) == (
        *("AU1", "AU1_L", "AU1_R", "AU1_p", "AU9", "AU12", "AU25", "AU25_p"),
    )
