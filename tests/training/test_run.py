import getpass
import json
import re
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from arro3.io import read_parquet

from mien.data.splits import read_split
from mien.errors import InputError, WeightsError
from mien.evaluation.scoretable import ScoreTable
from mien.models import MODELS
from mien.runtime import Predictor
from mien.training import objectives, onefold, run, runfolder
from mien.training.assemble import assemble
from mien.training.experiment import Turn
from mien.training.export import export
from mien.training.objectives import Single
from mien.training.predicting import read_predictions
from mien.training.recipe import Expected, Model, Objective, Schedule
from mien.training.run import train_all, train_fold
from mien.training.trained import load_trained
from tests.training.tinyset import SIDE, prepared, recipe, tiny


@pytest.fixture(scope="module", autouse=True)
def _registered():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "tiny", tiny)
        yield


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("data"))


PUBLISHED = Expected("Somebody 2020", "f1", 0.9, {1: 0.8, 12: 1.0}, "other folds")


def unwritten(network, card, probe, path):
    """Stands in for the export, which takes seconds."""
    path.write_bytes(b"")


@pytest.fixture
def quick(monkeypatch):
    """Nothing is exported."""
    monkeypatch.setattr(run, "export", unwritten)


@pytest.fixture(scope="module")
def runs(cache, tmp_path_factory):
    """All three folds; the network of the first one is really exported."""
    folder = tmp_path_factory.mktemp("runs")
    told = []
    wanted = replace(recipe(), expected=(PUBLISHED,))

    def some(network, card, probe, path):
        (export if path.parent.name == "fold1" else unwritten)(network, card, probe, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "export", some)
        report = train_all(
            wanted, cache, folder, tell=lambda fold, line: told.append((fold, line["epoch"]))
        )
    assert told == [(fold, epoch) for fold in (1, 2, 3) for epoch in range(3)]
    return report


@pytest.fixture(scope="module")
def fold(runs):
    return runs.parent / "fold1"


def test_the_run_folder_is_complete(fold):
    names = {path.name for path in fold.iterdir()}
    assert names == {*runfolder.FILES, runfolder.TENSORBOARD}


def test_the_recipe_is_read_back(fold):
    assert runfolder.read_recipe(fold) == replace(recipe(), expected=(PUBLISHED,))


def test_the_split_keeps_persons_apart(fold, cache):
    parts = read_split(fold / runfolder.SPLIT)
    parts.check(cache.index)
    people = [set(parts.subjects[name]) for name in ("train", "validate", "test")]
    assert all(people)
    assert len(set.union(*people)) == sum(map(len, people)) == 6
    assert runfolder.read_run(fold)["split"] == parts.digest
    assert runfolder.read_run(fold)["data"] == cache.digest


def test_the_environment_names_no_person_and_no_place(fold):
    text = (fold / runfolder.ENVIRONMENT).read_text()
    found = json.loads(text)
    assert found["packages"]["torch"] == torch.__version__
    assert found["packages"]["lightning"]
    assert found["commit"] is None or re.fullmatch(r"[0-9a-f]{40}\+?", found["commit"])
    assert found["processor"]
    values = [value for value in found.values() if isinstance(value, str)]
    for secret in (socket.gethostname(), getpass.getuser(), str(Path.home())):
        assert secret not in values
        assert f"/{secret}" not in text


def test_predictions_are_of_the_test_part_and_its_labels(fold, cache):
    parts = read_split(fold / runfolder.SPLIT)
    with (fold / runfolder.PREDICTIONS).open("rb") as file:
        table = read_parquet(file).read_all()
    assert table["path"].to_pylist() == [cache.index.path[row] for row in parts.test]
    assert set(table["subject"].to_pylist()) == set(parts.subjects["test"])
    labels = cache.index.intensity.of((1, 12)).present(1.0)
    assert table["AU1_label"].to_pylist() == labels.value[parts.test, 0].tolist()
    said = np.array(table["AU12_p"].to_pylist())
    truth = labels.value[parts.test, 1]
    assert said[truth == 1].mean() > said[truth == 0].mean()


def test_the_file_says_what_was_measured(fold, cache):
    predictor = Predictor(fold / runfolder.MODEL)
    spec = predictor.spec
    assert (spec.units, spec.template, spec.size, spec.aligned) == ((1, 12), "whole", 16, SIDE)
    assert spec.task == "occurrence"
    assert "fold 1 of 3" in spec.trained_on
    assert "your own" in spec.licence
    rows = read_split(fold / runfolder.SPLIT).test
    read = predictor.score_crops(np.stack([cache.image(int(row)) for row in rows]))
    with (fold / runfolder.PREDICTIONS).open("rb") as file:
        table = read_parquet(file).read_all()
    kept = np.array([table[f"AU{unit}_p"].to_pylist() for unit in (1, 12)]).T
    np.testing.assert_allclose(read.probability, kept, atol=1e-4)


def test_the_report_has_ours_beside_the_published(fold):
    values = json.loads((fold / runfolder.REPORT_JSON).read_text())
    table = ScoreTable.from_json(json.dumps(values["ours"]))
    assert values["published"][0]["mean"] == [table.mean["f1"], 0.9]
    text = (fold / runfolder.REPORT).read_text()
    assert "Somebody 2020" in text
    assert "other folds" in text
    assert "subject-folds, fold 1" in text
    assert f"{table.units[12]['f1']:.3f}" in text
    assert "chosen by f1" in text


def test_the_report_has_the_units_that_occur_together(fold, runs):
    (one,) = json.loads((fold / runfolder.REPORT_JSON).read_text())["together"]
    with (fold / runfolder.PREDICTIONS).open("rb") as file:
        table = read_parquet(file).read_all()
    said = np.array([table[f"AU{unit}_p"].to_pylist() for unit in (1, 12)]) >= 0.5
    assert (one["units"], one["pictures"]) == ([1, 12], len(said[0]))
    assert one["both"][1] == pytest.approx(said.all(axis=0).mean())
    for path in (fold / runfolder.REPORT, runs):
        text = path.read_text()
        assert "## Units together" in text
        assert "| AU1 + AU12 |" in text


def test_the_report_over_all_folds_names_both_ways(runs):
    values = json.loads((runs.parent / runfolder.REPORT_JSON).read_text())
    folds = []
    for number in (1, 2, 3):
        one = json.loads((runs.parent / f"fold{number}" / runfolder.REPORT_JSON).read_text())
        folds.append(one["ours"]["mean"]["f1"])
    assert values["mean_of_folds"]["ours"]["mean"]["f1"] == pytest.approx(np.mean(folds))
    assert values["pooled"]["ours"]["pictures"] == 24
    text = runs.read_text()
    assert "Mean of the folds" in text
    assert "Pooled" in text
    assert text.count("Somebody 2020") == 2


def test_a_finished_fold_is_read_not_trained(runs, cache, monkeypatch):
    monkeypatch.setattr(onefold, "fit", None)
    monkeypatch.setattr(run, "predict", None)
    before = runs.read_text()
    wanted = replace(recipe(), expected=(PUBLISHED,))
    assert train_all(wanted, cache, runs.parent.parent).read_text() == before


def test_the_network_of_a_run_is_loaded(fold, cache):
    trained = load_trained(fold)
    assert replace(Predictor(fold / runfolder.MODEL).spec, precision="fp32") == replace(
        trained.card, precision="fp32"
    )
    part = assemble(recipe(), 1, cache).test
    with torch.no_grad():
        read = torch.sigmoid(trained.network(part[0].image).logits)
    with (fold / runfolder.PREDICTIONS).open("rb") as file:
        table = read_parquet(file).read_all()
    assert float(read[0, 0]) == pytest.approx(table["AU1_p"][0].as_py(), abs=1e-6)


class Stop(Exception):
    """Ends a run from within."""


def test_a_stopped_fold_goes_on_to_the_same_numbers(fold, cache, tmp_path, quick):
    def stop(_, line):
        if line["epoch"] == 1:
            raise Stop

    with pytest.raises(Stop):
        train_fold(recipe(), 1, cache, tmp_path, tell=stop)
    changed = replace(recipe(), trainer=replace(recipe().trainer, workers=1))
    folder = train_fold(changed, 1, cache, tmp_path).folder
    found = []
    for one in (folder, fold):
        lines = [json.loads(line) for line in (one / runfolder.METRICS).read_text().splitlines()]
        found.append([{k: v for k, v in line.items() if k != "seconds"} for line in lines])
    assert found[0] == found[1]
    states = [load_trained(one).network.state_dict() for one in (folder, fold)]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_another_recipe_is_refused_and_nothing_is_touched(runs, cache):
    wanted = recipe(batch=5)
    before = (runs.parent / "fold1" / runfolder.RECIPE).read_bytes()
    with pytest.raises(InputError, match=r"recipe\.data\.batch was 4 and is 5.*--restart"):
        train_fold(wanted, 1, cache, runs.parent.parent)
    assert (runs.parent / "fold1" / runfolder.RECIPE).read_bytes() == before


def test_restart_forgets_only_what_is_the_runs_own(cache, tmp_path, quick):
    one = replace(recipe(), trainer=replace(recipe().trainer, epochs=1))
    folder = train_fold(one, 1, cache, tmp_path).folder
    (folder / "notes.txt").write_text("mine")
    other = replace(one, optim=replace(one.optim, rate=0.01))
    train_fold(other, 1, cache, tmp_path, restart=True)
    assert runfolder.read_recipe(folder).optim.rate == 0.01
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_fold_stopped_before_its_report_is_finished(cache, tmp_path, monkeypatch, quick):
    def full(*_):
        raise OSError(28, "No space left on device")

    one = replace(recipe(), trainer=replace(recipe().trainer, epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(run, "export", full)
        with pytest.raises(OSError, match="No space"):
            train_fold(one, 1, cache, tmp_path)
    assert not (tmp_path / "tiny" / "fold1" / runfolder.REPORT).exists()
    assert train_fold(one, 1, cache, tmp_path).table.pictures == 8


def test_intensity(cache, tmp_path, quick):
    one = replace(recipe(task="intensity"), objective=Objective("intensity"))
    result = train_fold(one, 1, cache, tmp_path)
    assert set(result.table.mean) == {"pcc", "ccc", "icc", "mae", "mse"}
    assert load_trained(result.folder).card.outputs == ("intensity",)
    assert "chosen by pcc" in (result.folder / runfolder.REPORT).read_text()


def test_expressions(cache, tmp_path, quick):
    one = replace(recipe(task="expression", units=()), objective=Objective("expression"))
    result = train_fold(one, 1, cache, tmp_path)
    assert load_trained(result.folder).card.classes == ("neutral", "happiness")
    again = train_fold(one, 1, cache, tmp_path)
    assert again.table == result.table
    np.testing.assert_allclose(again.predictions.predicted, result.predictions.predicted)


def test_order_and_variation_depend_on_seed_and_epoch_alone(cache):
    def images(epoch, seed=1):
        one = replace(recipe(), trainer=replace(recipe().trainer, seed=seed))
        part = assemble(one, 1, cache).experiment.train(Turn(epoch))
        return torch.cat([batch.image for batch in part])

    assert torch.equal(images(2), images(2))
    assert not torch.equal(images(2), images(1))
    weights = [assemble(recipe(), 1, cache).experiment.network.head.weight for _ in range(2)]
    assert torch.equal(*weights)


def test_weights_of_units_are_those_of_the_training_part(cache):
    parts = assemble(recipe(weights="balanced"), 1, cache)
    labels = cache.index.intensity.of((1, 12)).present(1.0).take(parts.split.train)
    rate = labels.value.mean(axis=0)
    objective = parts.experiment.objective
    np.testing.assert_allclose(objective.pos_weight.numpy(), (1 - rate) / rate, rtol=1e-6)


def test_a_last_batch_of_one_is_left_out(cache):
    parts = assemble(recipe(batch=3, held=0.3), 1, cache)
    count = len(parts.split.train)
    assert count == 12
    batches = assemble(recipe(batch=11), 1, cache).experiment.train(Turn(0))
    assert [len(batch) for batch in batches] == [11]


class NeedsPoints(Single):
    needs = ("landmarks",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": (1, 9)}, "does not label AU9"),
        ({"units": (1, 4)}, "does not label AU4 in any picture"),
        ({"units": ()}, r"--set data\.units="),
        ({"units": (1, 1)}, "twice"),
        ({"template": "ffhq"}, "aligned as ffhq at 20 px.*mien datasets prepare table"),
        ({"aligned": 64}, "at 64 px, but .* holds whole at 20 px"),
        ({"size": 40}, "larger than the aligned picture"),
        ({"folds": 9}, "persons"),
        ({"protocol": "bp4d-three-folds"}, "not among the 41 persons"),
        ({"protocol": "coin"}, "no protocol"),
        ({"weights": "heavy"}, "data.weights"),
        ({"task": "expression"}, "names units"),
        ({"batch": 0}, r"data\.batch"),
    ],
)
def test_a_recipe_that_does_not_fit_the_data_is_refused(cache, tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as raised:
        train_fold(recipe(**changes), 1, cache, tmp_path)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": Model("resnet99")}, "no network 'resnet99'"),
        ({"model": Model("tiny", {"deep": 1})}, "no option deep"),
        ({"objective": Objective("beauty")}, "no objective 'beauty'"),
        ({"data": replace(recipe().data, name="disfa")}, "for the data set disfa.* holds table"),
        ({"trainer": replace(recipe().trainer, monitor="auroc")}, "trainer.monitor is 'auroc'"),
    ],
)
def test_what_does_not_exist_is_refused(cache, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        train_fold(replace(recipe(), **changes), 1, cache, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_fold_that_does_not_exist_is_refused(cache, tmp_path):
    with pytest.raises(InputError, match="fold 4"):
        train_fold(recipe(), 4, cache, tmp_path)


def test_landmarks_that_an_objective_needs_must_be_there(cache, tmp_path, monkeypatch):
    monkeypatch.setitem(objectives.OBJECTIVES, "points", lambda *_: NeedsPoints("x", None, {}))
    with pytest.raises(InputError, match="needs the landmarks of each face, and 12 of 12"):
        train_fold(replace(recipe(), objective=Objective("points")), 1, cache, tmp_path)


def test_a_run_starts_from_the_weights_of_another(fold, cache, tmp_path):
    wanted = replace(recipe(), model=Model("tiny", start=str(fold)))
    started = assemble(wanted, 1, cache).experiment.network.state_dict()
    torch.testing.assert_close(started, load_trained(fold).network.state_dict())
    other = replace(recipe(units=(1,)), model=Model("tiny", start=str(fold)))
    with pytest.raises(WeightsError, match="does not fit"):
        assemble(other, 1, cache)


def test_a_run_that_goes_on_does_not_fetch_its_start_again(cache, tmp_path):
    gone = replace(recipe(), model=Model("tiny", start=str(tmp_path / "gone.pt")))
    with pytest.raises(InputError, match=r"gone\.pt"):
        assemble(gone, 1, cache)
    assemble(gone, 1, cache, fresh=False)


def test_predictions_that_are_cut_short_are_one_sentence(tmp_path):
    path = tmp_path / runfolder.PREDICTIONS
    path.write_bytes(b"PAR1" + b"x" * 40 + b"PAR1")
    with pytest.raises(InputError, match="is no file of predictions, or is cut short"):
        read_predictions(path, recipe())
    path.unlink()
    with pytest.raises(InputError, match="does not exist; train the fold first"):
        read_predictions(path, recipe())


@pytest.mark.parametrize("damage", ["{", "[]", '{"fold": 1}'])
def test_a_damaged_run_file_is_refused(tmp_path, damage):
    with pytest.raises(InputError, match="no run folder"):
        runfolder.read_recipe(tmp_path)
    with pytest.raises(InputError, match="no folder of one fold"):
        runfolder.read_run(tmp_path)
    (tmp_path / runfolder.RUN).write_text(damage)
    with pytest.raises(InputError, match=r"run\.json is damaged"):
        runfolder.read_run(tmp_path)


def test_schedules_know_the_steps_of_an_epoch(cache, tmp_path, quick):
    one = replace(recipe(), schedule=Schedule("step", every=1, factor=0.5))
    result = train_fold(one, 1, cache, tmp_path)
    lines = (result.folder / runfolder.METRICS).read_text().splitlines()
    assert [json.loads(line)["rate"] for line in lines] == pytest.approx([0.05, 0.025, 0.0125])
