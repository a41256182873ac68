import subprocess
import sys

import pytest
from typer.testing import CliRunner

from mien.cli.learn import train
from mien.errors import InputError, MissingExtra


def run(app, *arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(("app", "arguments"), [(train, ["meshunits"])])
def test_each_command_explains_itself(app, arguments):
    shown = run(app, *arguments, "--help")
    assert shown.exit_code == 0
    assert "--data" in shown.output


def test_the_commands_do_not_load_torch():
    code = "import sys, mien.cli.learn; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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
