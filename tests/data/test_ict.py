import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli import app
from mien.data import head, ict
from mien.errors import InputError, UnreadableSource

RUN = CliRunner()

VERTICES = 40


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of a face model with forty vertices, two identity modes and two shapes."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "kit" / "FaceXModel"
    folder.mkdir(parents=True)
    shapes = {}
    for name in ("generic_neutral_mesh", "identity000", "identity001", "jawOpen", "browDown_L"):
        shapes[name] = rng.normal(0, 1, (VERTICES, 3)).round(4)
        rows = [f"v {x} {y} {z}" for x, y, z in shapes[name]]
        faces = ["f 1/1 2/2 3/3 4/4", "f 5/5 6/6 7/7"]
        (folder / f"{name}.obj").write_text("# head\n" + "\n".join(rows + faces) + "\n")
    (tmp_path / "kit" / "LICENSE").write_text("free, with this notice")
    corners = rng.integers(0, VERTICES, (468, 3))
    weights = np.tile(np.array([0.5, 0.25, 0.25], np.float32), (468, 1))
    monkeypatch.setattr(ict, "correspondence", lambda: (corners, weights))
    monkeypatch.setattr(ict, "VERTICES", VERTICES)
    monkeypatch.setattr(ict, "IDENTITIES", 2)
    monkeypatch.setattr(ict, "SCLERAS", ((0, 10), (10, 20)))
    monkeypatch.setattr(ict, "INNER_LIPS", (30, 31))
    return tmp_path / "kit", shapes, corners, weights


def test_a_checkout_is_cut_down_to_the_mesh(checkout, tmp_path):
    source, shapes, corners, weights = checkout
    ict.prepare(source, tmp_path / "data")
    model = ict.load(tmp_path / "data")
    neutral = shapes["generic_neutral_mesh"]
    assert model.names == ("browDown_L", "jawOpen")
    np.testing.assert_allclose(
        model.neutral, (neutral[corners] * weights[..., None]).sum(axis=1), atol=1e-5
    )
    moved = shapes["jawOpen"] - neutral
    np.testing.assert_allclose(
        model.expression[1], (moved[corners] * weights[..., None]).sum(axis=1), atol=5e-3
    )
    np.testing.assert_allclose(model.inner_lip_expression[1], moved[[30, 31]], atol=5e-3)
    mode = shapes["identity001"] - neutral
    np.testing.assert_allclose(
        model.eye_centre_identity[1], [mode[:10].mean(axis=0), mode[10:20].mean(axis=0)], atol=1e-5
    )


def test_the_licence_travels_with_the_data(checkout, tmp_path):
    ict.prepare(checkout[0] / "FaceXModel", tmp_path / "data")
    assert (tmp_path / "data" / "ict_face.LICENSE.txt").read_text() == "free, with this notice"


def test_quads_become_two_triangles(checkout, tmp_path):
    ict.prepare(checkout[0], tmp_path / "data")
    with np.load(tmp_path / "data" / ict.HEAD_FILE) as head:
        assert head["triangles"].tolist() == [[0, 1, 2], [0, 2, 3], [4, 5, 6]]


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="ICT-VGL/ICT-FaceKit"):
        ict.prepare(tmp_path, tmp_path / "data")


def test_an_old_model_is_refused(checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(ict, "IDENTITIES", 3)
    with pytest.raises(UnreadableSource, match="2 identity shapes"):
        ict.prepare(checkout[0], tmp_path / "data")


def test_missing_data_say_how_to_make_them(tmp_path):
    for room in (ict, head):
        with pytest.raises(UnreadableSource) as raised:
            room.load(tmp_path)
        _, _, command = str(raised.value).partition("make it with: mien ")
        known = RUN.invoke(app, command.replace("FOLDER", "none").split())
        assert "--data" in command
        assert isinstance(known.exception, UnreadableSource)  # the folder, not the options


def test_damaged_data_say_how_to_make_them(checkout, tmp_path):
    ict.prepare(checkout[0], tmp_path)
    for room, name in ((ict, ict.MESH_FILE), (head, ict.HEAD_FILE)):
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:100])
        with pytest.raises(
            UnreadableSource, match=rf"{name} is damaged \(.*make it with: mien datasets ict"
        ):
            room.load(tmp_path)


def test_the_place_is_checked_before_the_shapes_are_read(checkout, tmp_path):
    (tmp_path / "data" / ict.MESH_FILE).mkdir(parents=True)
    for shape in (checkout[0] / "FaceXModel").glob("jaw*.obj"):
        shape.write_text("read too soon\nv a b c\n")
    with pytest.raises(InputError, match=rf"{ict.MESH_FILE} is a folder"):
        ict.prepare(checkout[0], tmp_path / "data")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file cannot be written"):
        ict.prepare(checkout[0], tmp_path / "file")


def test_the_packed_correspondence_cuts_the_model_as_measured(shared):
    with (
        np.load(shared / "data" / "ict_face.npz") as whole,
        np.load(shared / "data" / "ict_to_mesh468.npz") as wanted,
    ):
        modes = {}
        for kind in ("identity", "expression"):
            scale = whole[f"{kind}_scale"][:3, None, None]
            modes[kind] = whole[kind][:3].astype(np.float32) * scale
        cut = ict._cut(whole["neutral"], modes["identity"], modes["expression"])
        np.testing.assert_allclose(cut["neutral"], wanted["neutral"], atol=1e-5)
        for kind in modes:
            np.testing.assert_allclose(cut[kind], wanted[kind][:3], atol=2e-3)
        np.testing.assert_allclose(cut["eye_centre"], wanted["eye_centre"], atol=1e-3)
        np.testing.assert_allclose(cut["eye_radius"], wanted["eye_radius"], atol=2e-3)
        lips = "inner_lip_expression"
        np.testing.assert_allclose(cut[lips], wanted[lips][:3], atol=2e-3)
        np.testing.assert_allclose(
            cut["eye_centre_identity"], wanted["eye_centre_identity"][:3], atol=1e-3
        )


@pytest.mark.slow
def test_a_real_checkout_gives_the_measured_arrays(shared, tmp_path):
    import os
    from pathlib import Path

    source = os.environ.get("MIEN_ICT_FACEKIT")
    if source is None:
        pytest.skip("set MIEN_ICT_FACEKIT to a checkout of ICT-VGL/ICT-FaceKit")
    ict.prepare(Path(source), tmp_path)
    model = ict.load(tmp_path)
    with np.load(shared / "data" / "ict_to_mesh468.npz") as wanted:
        assert list(model.names) == [str(name) for name in wanted["expression_names"]]
        for name in ("neutral", "identity", "expression", "eye_centre", "inner_lip_expression"):
            np.testing.assert_allclose(getattr(model, name), wanted[name], atol=1e-3)
    assert "Permission is hereby granted" in (tmp_path / "ict_face.LICENSE.txt").read_text()
