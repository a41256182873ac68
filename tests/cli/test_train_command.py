"""mien train as a person types it: what the learning half is asked for, what is refused."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mien.data.labels import Labels
from mien.errors import InputError, MissingExtra
from mien.recipes import RECIPES
from mien.recipes.yolo import RECIPES as DETECTORS


@pytest.fixture
def asked(monkeypatch):
    """What the learning half is asked for, in place of training."""
    from mien.training import run

    calls = SimpleNamespace(fold=None, every=None)

    def train_fold(recipe, fold, cache, runs, **how):
        calls.fold = (recipe, fold, cache, runs, how)
        return SimpleNamespace(folder=runs / recipe.name / f"fold{fold}")

    def train_all(recipe, cache, runs, **how):
        calls.every = (recipe, cache, runs, how)
        return runs / recipe.name / "report.md"

    monkeypatch.setattr(run, "train_fold", train_fold)
    monkeypatch.setattr(run, "train_all", train_all)
    return calls


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """A folder that passes for a cache of what planted-resnet18 learns from, by six persons."""
    from mien.data import cache

    units = RECIPES["planted-resnet18"]().data.units
    empty = np.zeros((6, len(units)), np.float32)
    index = SimpleNamespace(
        name="table",
        subject=tuple("abcdef"),
        occurrence=Labels(units, empty, empty == 0),
        intensity=None,
        expression=None,
    )
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "cache.json").write_text("{}")
    monkeypatch.setattr(
        cache,
        "open_cache",
        lambda folder: SimpleNamespace(folder=folder, index=index, template="whole", aligned=92),
    )
    return tmp_path / "cache"


@pytest.fixture
def unlearned(monkeypatch):
    """The learning half cannot be asked: what is refused now is refused before it is loaded."""
    monkeypatch.setitem(sys.modules, "mien.training.run", None)


def test_the_command_does_not_load_torch():
    code = "import sys, mien.cli.train; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_recipe_is_listed(mien_command):
    ended = mien_command("train", "--list")
    assert ended.code == 0
    shown = [line.split()[0] for line in ended.out.splitlines()]
    assert shown == [*RECIPES, *DETECTORS, "meshunits", "pictureunits"]
    assert "resnet18 on ckplus (subject-folds): AU 1, 2, 4" in ended.out


def test_the_recipes_are_listed_without_torch():
    code = (
        "import sys\n"
        "from mien.cli.train import _list\n"
        "_list()\n"
        "sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == 0


def test_a_recipe_is_trained_with_its_changes(mien_command, asked, prepared, tmp_path):
    ended = mien_command(
        "train", "planted-resnet18", "--data", prepared, "--fold", 2, "--runs", tmp_path / "runs",
        "--set", "optim.rate=0.5", "--set", "trainer.epochs=3", "--quiet", "--restart",
    )  # fmt: skip
    assert ended.code == 0
    recipe, fold, cache, runs, how = asked.fold
    plain = RECIPES["planted-resnet18"]()
    assert recipe == replace(
        plain, optim=replace(plain.optim, rate=0.5), trainer=replace(plain.trainer, epochs=3)
    )
    assert (fold, cache.folder, runs) == (2, prepared, tmp_path / "runs")
    assert how == {"restart": True, "bar": False, "tell": None}
    assert ended.out.endswith("fold2/report.md is written\n")


def test_all_folds(mien_command, asked, prepared, tmp_path):
    ended = mien_command(
        "train", "planted-resnet18", "--data", prepared, "--fold", "all", "--runs", tmp_path
    )
    assert ended.code == 0
    assert asked.fold is None
    assert asked.every[1].folder == prepared
    assert ended.out.endswith("planted-resnet18/report.md is written\n")


def test_a_copy_of_the_set_is_prepared_beside_the_runs(mien_command, asked, tmp_path, monkeypatch):
    from mien import data as room
    from mien.data import cache

    (tmp_path / "copy").mkdir()
    seen = []
    monkeypatch.setattr(room, "read", lambda name, root: (name, root.name))
    monkeypatch.setattr(cache, "prepare", lambda *args, **_: seen.append(args) or "made")
    runs = tmp_path / "runs"
    ended = mien_command(
        "train", "planted-resnet18", "--data", tmp_path / "copy", "--runs", runs, "-q"
    )
    assert ended.code == 0
    data = RECIPES["planted-resnet18"]().data
    folder = runs / "prepared" / f"table-{data.template}-{data.aligned}"
    assert seen == [(("table", "copy"), folder, data.template, data.aligned)]
    assert asked.fold[2] == "made"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--list"),
        (("planted-resnet81",), "did you mean planted-resnet18"),
        (("beauty",), "--list"),
        (("planted-resnet18", "--set", "optim.rte=1"), "did you mean rate"),
        (("planted-resnet18", "--fold", "first"), "expected a number from 1, or all"),
        (("planted-resnet18", "--data", "nowhere"), "nowhere is no folder"),
        (("planted-resnet18", "--only", "au-mesh"), "--only is for meshunits"),
        (("meshunits", "--fold", "2"), "has no folds"),
        (("meshunits", "--only", "au-voice"), "au-mesh-difference"),
    ],
)
def test_what_cannot_be_meant_is_one_line(mien_command, arguments, message):
    ended = mien_command("train", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fold", "0"), "--fold is '0', expected a number from 1, or all"),
        (("--fold", "6"), "there is no fold 6 of subject-folds; choose one from 1 to 5"),
        (("--set", "data.folds=1", "--fold", "all"), "ask for more folds"),
        (("--set", "data.name=disfa"), "for the data set disfa, but"),
        (("--set", "data.name=disfla"), "did you mean 'disfa'"),
        (("--set", "data.aligned=100"), "--template whole --size 100"),
        (("--set", "data.size=93"), "data.size is 93, larger than the aligned picture of 92 px"),
        (("--set", "data.units=1,44"), "AU44"),
        (("--set", "data.units=1,1"), "twice"),
        (("--set", "data.task=expression"), "names units"),
        (("--set", "data.weights=heavy"), "data.weights is 'heavy'"),
        (("--set", "data.protocol=coin"), "no protocol"),
        (("--set", "optim.rate=-1"), "optim.rate is -1, expected a number above 0"),
        (("--set", "name=../../evil"), "name is '../../evil', expected letters"),
        (("--data", "nowhere"), "nowhere is no folder"),
    ],
)
def test_it_is_refused_before_the_learning_half_is_loaded(
    mien_command, prepared, unlearned, tmp_path, arguments, message
):
    here = ("--data", prepared, "--runs", tmp_path / "runs")
    ended = mien_command("train", "planted-resnet18", *here, *arguments)
    assert ended.code == 2
    assert message in ended.err.replace("\n", " ")
    assert ended.err.startswith("mien: ")
    assert not (tmp_path / "runs").exists()


def test_a_refusal_does_not_load_torch(tmp_path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mien.cli.train import train\n"
        "from mien.errors import InputError\n"
        "try:\n"
        f"    train('planted-resnet18', data=Path({str(tmp_path / 'no')!r}))\n"
        "except InputError:\n"
        "    sys.exit('torch' in sys.modules or 'lightning' in sys.modules)\n"
        "sys.exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_torch_the_extra_is_named(monkeypatch, tmp_path):
    from mien.cli import train

    for module, call in (
        ("mien.training.run", lambda: train.train("planted-resnet18", data=tmp_path)),
        ("mien.training.learn", lambda: train.train("meshunits", data=tmp_path)),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(MissingExtra, match=r"mien\[train\]"):
            call()


def test_the_mesh_networks_are_trained_by_name(mien_command, tmp_path, monkeypatch):
    from mien.training import learn

    calls = []
    monkeypatch.setattr(learn, "read", lambda recipe, data: (recipe.name, data))
    monkeypatch.setattr(
        learn, "learn", lambda *given: calls.append(given[:3]) or tmp_path / "model.onnx"
    )
    ended = mien_command(
        "train", "meshunits", "--only", "au-mesh", "--data", tmp_path, "--runs", tmp_path,
        "--set", "schedule.epochs=2",
    )  # fmt: skip
    assert ended.code == 0
    (recipe, found, folder) = calls[0]
    assert len(calls) == 1
    assert (recipe.name, recipe.schedule.epochs) == ("au-mesh", 2)
    assert (found, folder) == (("au-mesh", tmp_path), tmp_path / "au-mesh")
    assert "model.onnx" in ended.out


def test_an_interruption_is_one_line_that_says_how_to_go_on(mien_command, monkeypatch, prepared):
    from mien.training import run

    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "train_fold", pressed)
    ended = mien_command("train", "planted-resnet18", "--data", prepared, "--restart")
    assert ended.code == 130
    assert ended.err.splitlines() == [
        "mien: stopped; the same command without --restart goes on after the last whole epoch"
    ]


def test_each_epoch_is_a_line(capsys):
    from mien.cli.telling import tell

    line = {
        "epoch": 3, "step": 9, "rate": 0.1, "train.loss": 0.51234, "train.au": 0.5,
        "validate.au": 0.6,
        "validate.f1": 0.25, "validate.f1/AU1": 0.1, "seconds": 12.3,
    }  # fmt: skip
    tell(2, line)
    assert capsys.readouterr().err == "fold 2, epoch 3: loss 0.5123; held out: f1 0.25; 12 s\n"


def test_a_wrong_set_in_the_folder_is_refused(mien_command, tmp_path):
    ended = mien_command("train", "planted-resnet18", "--data", tmp_path, "--runs", tmp_path / "r")
    assert ended.code == 2
    assert ended.err.startswith(f"mien: {tmp_path} holds no table of pictures; expected labels.csv")
    assert len(ended.err.splitlines()) == 1


def test_a_fold_is_a_number_or_all():
    from mien.cli.preparing import number_of

    with pytest.raises(InputError):
        number_of("-1")
    assert number_of("all") is None
    assert number_of("12") == 12
