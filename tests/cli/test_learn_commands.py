import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli.learn import datasets, train
from mien.data import ict
from mien.errors import InputError, MissingExtra, UnreadableSource


def run(app, *arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("app", "arguments"),
    [
        (datasets, ["prepare", "ict"]),
        (datasets, ["render"]),
        (datasets, ["plant"]),
        (train, ["meshunits"]),
    ],
)
def test_each_command_explains_itself(app, arguments):
    shown = run(app, *arguments, "--help")
    assert shown.exit_code == 0
    assert "--data" in shown.output


def test_the_commands_do_not_load_torch():
    code = "import sys, mien.cli.learn; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_prepare_refuses_another_folder(tmp_path):
    done = run(datasets, "prepare", "ict", "--source", tmp_path, "--data", tmp_path / "data")
    assert isinstance(done.exception, UnreadableSource)


def test_prepare_reads_a_checkout(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(ict, "prepare", lambda *paths: asked.append(paths))
    done = run(datasets, "prepare", "ict", "--source", tmp_path, "--data", tmp_path / "data")
    assert done.exit_code == 0
    assert asked == [(tmp_path, tmp_path / "data")]
    assert "licence" in done.output


def test_rendering_without_the_face_model_says_what_to_do(tmp_path):
    done = run(datasets, "render", "--data", tmp_path)
    assert isinstance(done.exception, UnreadableSource)
    assert "mien datasets prepare ict" in str(done.exception)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    done = run(train, "meshunits", "--only", "au-voice")
    assert isinstance(done.exception, InputError)
    assert "au-mesh-difference" in str(done.exception)


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mien.recipes.meshunits", None)
    done = run(train, "meshunits")
    assert isinstance(done.exception, MissingExtra)
    assert "mien[train]" in str(done.exception)


def test_training_runs_the_recipe_that_is_named(tmp_path, monkeypatch):
    from mien.training import learn

    asked = []
    monkeypatch.setattr(learn, "read", lambda recipe, data: (recipe.name, data))
    monkeypatch.setattr(learn, "learn", lambda *run: asked.append(run) or tmp_path / "model.onnx")
    done = run(train, "meshunits", "--only", "au-mesh", "--data", tmp_path, "--runs", tmp_path)
    assert done.exit_code == 0
    assert [(recipe.name, found, folder) for recipe, found, folder in asked] == [
        ("au-mesh", ("au-mesh", tmp_path), tmp_path / "au-mesh")
    ]
    assert "model.onnx" in done.output


def test_planting_needs_portraits(tmp_path, front_end, shared):
    with np.load(shared / "data" / "ict_to_mesh468.npz") as file:
        names = {name for name in ict.FaceModel.__dataclass_fields__ if name != "names"}
        arrays = {name: file[name] for name in (*names, "expression_names")}
    np.savez(tmp_path / ict.MESH_FILE, **arrays)
    done = run(datasets, "plant", "--portraits", tmp_path, "--data", tmp_path)
    assert isinstance(done.exception, UnreadableSource)
    assert "portraits" in str(done.exception)
