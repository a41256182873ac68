"""From pictures without labels to a student: each stage starts from the one before, and goes on."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mien.errors import InputError, WeightsError
from mien.models import MODELS
from mien.models.output import Output
from mien.training import objectives, run, runfolder
from mien.training.assemble import assemble
from mien.training.onefold import Way
from mien.training.recipe import Augment, Model, Objective, Optim
from mien.training.run import train, train_fold
from mien.training.trained import load_trained
from mien.training.unlabelled import assemble_unlabelled, learn_fold
from tests.training.tinyset import prepared
from tests.training.tinyset import recipe as tiny

SMALL = {"size": 16, "patch": 4, "width": 24, "depth": 1, "heads": 2}
DECODER = {"decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2}


class Pupil(nn.Module):
    """A few filters, 128 features, one number per unit."""

    def __init__(self, outputs):
        super().__init__()
        self.filters, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.features, self.head = nn.Linear(8, 128), nn.Linear(128, outputs)

    def forward(self, image):
        seen = torch.relu(self.norm(self.filters(image))).mean((2, 3))
        features = self.features(seen)
        return Output(self.head(features), features=features)


def stage(name, network, start="", objective=None, **data):
    """A recipe on the tiny set."""
    base = tiny(**{"task": "intensity", **data})
    options = {} if network == "pupil" else SMALL | (DECODER if network == "mae" else {})
    if data.get("task") == "expression":
        options = {**options, "form": "logits"}
    return replace(
        base,
        name=name,
        model=Model(network, options, start),
        objective=objective or Objective("intensity"),
        optim=Optim("adamw", rate=3e-3),
        trainer=replace(base.trainer, epochs=8),
    )


UNLABELLED = {"units": (), "task": "occurrence", "protocol": "whole", "augment": Augment()}
MAE = stage("mae", "mae", objective=Objective("reconstruction", options={"even": False}),
            **UNLABELLED)  # fmt: skip
EXPRESSION = stage("expression", "mae-teacher", "{runs}/mae/fold1", Objective("expression"),
                   task="expression", units=())  # fmt: skip
TEACHER = stage("teacher", "mae-teacher", "{runs}/expression/fold{fold}", units=(12,))
OPTIONS = {"teacher": "{runs}/teacher/fold{fold}"}
STUDENT = replace(
    stage("student", "pupil", objective=Objective("distillation", options=OPTIONS), units=(12,)),
    optim=Optim("adamw", rate=0.03),
)


@pytest.fixture(scope="module", autouse=True)
def _light():
    """The student is registered, and nothing is exported, which takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "pupil", lambda outputs: Pupil(outputs))
        patch.setattr(run, "export", lambda _network, _card, _probe, path: path.write_bytes(b""))
        yield


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def runs(cache, tmp_path_factory):
    """All stages of fold 1, in order."""
    folder = tmp_path_factory.mktemp("runs")
    reports = [train(one, 1, cache, folder, Way()) for one in (MAE, EXPRESSION, TEACHER, STUDENT)]
    assert [report.parent.parent.name for report in reports] == [
        "mae", "expression", "teacher", "student",
    ]  # fmt: skip
    return folder


def lines(folder):
    return [json.loads(line) for line in (folder / runfolder.METRICS).read_text().splitlines()]


def weights(folder):
    return torch.load(folder / runfolder.BEST, weights_only=True)["network"]


def test_an_auto_encoder_learns_without_labels(runs, cache):
    folder = runs / "mae" / "fold1"
    course = [line["validate.loss"] for line in lines(folder)]
    assert min(course) < 0.6 * course[0]
    names = {path.name for path in folder.iterdir()}
    missing = {runfolder.PREDICTIONS, runfolder.MODEL}
    assert names == {*runfolder.FILES, runfolder.TENSORBOARD} - missing
    report = (folder / runfolder.REPORT).read_text()
    assert "there is nothing to test" in report
    assert "loss, held out" in report
    values = json.loads((folder / runfolder.REPORT_JSON).read_text())
    assert values["validate.loss"] == pytest.approx(min(course))
    split = json.loads((folder / runfolder.SPLIT).read_text())
    assert split["parts"]["test"]["rows"] == []
    assert cache.digest == runfolder.read_run(folder)["data"]


def test_every_stage_starts_from_the_one_before(runs, cache):
    for recipe, before, kept, fresh in (
        (EXPRESSION, "mae", "encoder.", "proj."),
        (TEACHER, "expression", ("encoder.", "proj.", "interpreter.0."), "interpreter.4."),
    ):
        start = weights(runs / before / "fold1")
        own = assemble(recipe, 1, cache, runs=runs).experiment.network.state_dict()
        again = replace(recipe, model=replace(recipe.model, start=""))
        drawn = assemble(again, 1, cache, runs=runs).experiment.network.state_dict()
        assert any(key.startswith(kept) for key in own)
        for key, value in own.items():
            if key.startswith(kept):
                assert torch.equal(value, start[key]), key
            if key.startswith(fresh):
                assert torch.equal(value, drawn[key]), key


def test_every_labelled_stage_learns(runs):
    accuracy = max(line["validate.accuracy"] for line in lines(runs / "expression" / "fold1"))
    assert accuracy > 0.7
    for name in ("teacher", "student"):
        assert max(line["validate.pcc"] for line in lines(runs / name / "fold1")) > 0.7


def test_the_student_comes_nearer_to_its_teacher(runs):
    course = lines(runs / "student" / "fold1")
    for name, share in (("features", 0.95), ("task", 0.8)):
        assert course[-1][f"train.{name}"] < share * course[0][f"train.{name}"]


def test_a_checkpoint_holds_no_teacher(runs):
    kept = torch.load(runs / "student" / "fold1" / runfolder.LAST, weights_only=True)
    assert {name.partition(".")[0] for name in kept["state_dict"]} == {"network"}
    assert len(kept["mien"]["identity"]["teacher"]) == 64


@pytest.mark.parametrize("name", ["mae", "student"])
def test_a_stopped_stage_goes_on_with_the_same_numbers(runs, cache, tmp_path, name):
    recipe = {"mae": MAE, "student": STUDENT}[name]
    if name == "student":
        options = {"teacher": str(runs / "teacher" / "fold1")}
        recipe = replace(recipe, objective=replace(recipe.objective, options=options))

    def stop(_fold, line):
        if line["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe, 1, cache, tmp_path, Way(tell=stop))
    assert len(lines(tmp_path / name / "fold1")) == 3
    train(recipe, 1, cache, tmp_path, Way())
    whole, gone_on = weights(runs / name / "fold1"), weights(tmp_path / name / "fold1")
    assert all(torch.equal(gone_on[key], value) for key, value in whole.items())


def test_a_finished_stage_is_not_trained_again(runs, cache, monkeypatch):
    monkeypatch.setattr("mien.training.onefold.fit", None)
    for recipe in (MAE, STUDENT):
        report = train(recipe, 1, cache, runs, Way())
        assert report == runs / recipe.name / "fold1" / runfolder.REPORT
    again = learn_fold(MAE, 1, cache, runs, Way())
    assert len(again.lines) == 8
    assert np.isfinite(again.lines[0]["train.loss"])


def test_a_student_does_not_go_on_with_another_teacher(runs, cache, tmp_path):
    def stop(_fold, line):
        raise KeyboardInterrupt

    options = {"teacher": str(tmp_path / "teacher")}
    recipe = replace(STUDENT, objective=replace(STUDENT.objective, options=options))
    (tmp_path / "teacher").symlink_to(runs / "teacher" / "fold1")
    with pytest.raises(KeyboardInterrupt):
        train(recipe, 1, cache, tmp_path, Way(tell=stop))
    (tmp_path / "teacher").unlink()
    other = replace(TEACHER, name="other", trainer=replace(TEACHER.trainer, epochs=1))
    train_fold(replace(other, model=replace(other.model, start="")), 1, cache, tmp_path)
    (tmp_path / "teacher").symlink_to(tmp_path / "other" / "fold1")
    with pytest.raises(InputError, match=r"holds another run \(teacher was .* and is "):
        train(recipe, 1, cache, tmp_path, Way())


def changed(recipe, **options):
    return replace(recipe, objective=replace(recipe.objective, options=options))


def test_teachers_that_must_not_teach_are_refused(runs, cache):
    with pytest.raises(InputError, match=r"there is no .*fold2; objective\.options\.teacher is"):
        assemble(STUDENT, 2, cache, runs=runs)
    of_fold_1 = changed(STUDENT, teacher="{runs}/teacher/fold1")
    with pytest.raises(InputError, match=r"has learned from \d+ of the 8 pictures that fold 2 is"):
        assemble(of_fold_1, 2, cache, runs=runs)
    turned = replace(STUDENT, data=replace(STUDENT.data, units=(12, 1)))
    with pytest.raises(InputError, match=r"units is \(12,\) there and \(12, 1\) here"):
        assemble(turned, 1, cache, runs=runs)
    with pytest.raises(InputError, match="learned from pictures without labels"):
        assemble(changed(STUDENT, teacher="{runs}/mae/fold1"), 1, cache, runs=runs)
    with pytest.raises(InputError, match="task is expression there and intensity here"):
        assemble(changed(STUDENT, teacher="{runs}/expression/fold1"), 1, cache, runs=runs)
    with pytest.raises(InputError, match="a Pupil cannot teach"):
        assemble(changed(STUDENT, teacher="{runs}/student/fold1"), 1, cache, runs=runs)
    with pytest.raises(InputError, match="has no teacher"):
        assemble(changed(STUDENT), 1, cache, runs=runs)


def test_a_published_checkpoint_can_teach_if_it_says_the_same(runs, cache, tmp_path):
    network = MODELS["mae-teacher"](12, **{**SMALL, "width": 64, "heads": 1})
    torch.save({"model": network.state_dict()}, tmp_path / "teacher.pth")
    with pytest.raises(InputError, match=r"cannot teach student, .* units is \(1, 2, 4, 5, .*ffhq"):
        assemble(changed(STUDENT, teacher=str(tmp_path / "teacher.pth")), 1, cache, runs=runs)
    (tmp_path / "other.pth").write_bytes(b"no checkpoint")
    with pytest.raises(WeightsError, match=r"other\.pth"):
        assemble(changed(STUDENT, teacher=str(tmp_path / "other.pth")), 1, cache, runs=runs)


def test_learning_without_labels_says_what_does_not_go_with_it(cache, tmp_path):
    for recipe, what in (
        (replace(MAE, data=replace(MAE.data, units=(1,))), "learns without labels, and data.units"),
        (replace(MAE, trainer=replace(MAE.trainer, monitor="f1")), "expected loss: without labels"),
        (replace(MAE, model=Model("resnet18")), "resnet18 was asked for no outputs"),
        (replace(MAE, objective=Objective("reconstruction", {"au": 2.0})), "names au, which the"),
    ):
        with pytest.raises(InputError, match=what):
            learn_fold(recipe, 1, cache, tmp_path, Way())
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="the protocol whole is for learning without"):
        assemble(replace(TEACHER, data=replace(TEACHER.data, protocol="whole")), 1, cache)
    with pytest.raises(InputError, match=r"use mien\.training\.unlabelled"):
        assemble(MAE, 1, cache)


def test_a_run_without_labels_is_nothing_to_evaluate(runs):
    with pytest.raises(InputError, match=r"--set model\.start=.*fold1"):
        load_trained(runs / "mae" / "fold1")


def test_without_held_out_pictures_the_last_epoch_counts(cache):
    one = replace(MAE, data=replace(MAE.data, held=0.0))
    parts = assemble_unlabelled(one, 1, cache)
    assert (parts.experiment.validate, parts.experiment.monitor) == (None, "")
    assert set(objectives.OBJECTIVES) >= {"reconstruction", "distillation"}
