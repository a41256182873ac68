"""Networks that find landmarks, and networks that read them, from training to the report."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from arro3.io import read_parquet
from torch import nn

from mien.errors import InputError
from mien.evaluation.landmarks import landmark_errors
from mien.models import MODELS
from mien.models.output import Output
from mien.models.reading import Reading
from mien.runtime import Predictor
from mien.training.eightbits import _batches
from mien.training.evaluating import Choice, run_trial
from mien.training.export import export
from mien.training.exporting import Wanted, export_run, probe_of
from mien.training.precision import answers, quantize
from mien.training.recipe import Expected, Model, Objective
from mien.training.run import train_fold
from mien.training.runfolder import read_run
from mien.training.subject import open_subject
from tests.point_networks import POINTS, face, pointed, write_pointed
from tests.training.tinyset import SIDE, Tiny, prepared, recipe

CUT = (SIDE - 16) // 2


class Finder(Tiny):
    """Finds landmarks, and draws a map for each unit."""

    extras = ("maps", "landmarks")

    def __init__(self, outputs):
        super().__init__(outputs)
        self.outputs = outputs
        self.points = nn.Linear(4, 2 * POINTS)

    def forward(self, image):
        seen = torch.relu(self.norm(self.filters(image)))
        flat = seen.mean((2, 3))
        points = self.points(flat).unflatten(1, (POINTS, 2)) + 8
        return Output(self.head(flat), landmarks=points, maps=seen[:, : self.outputs].sigmoid())


class Reader(Tiny):
    """Is told the landmarks."""

    needs_landmarks = True
    extras = ("maps",)

    def forward(self, image, points):
        seen = torch.relu(self.norm(self.filters(image)))
        near = points[:, :4, 0] / image.shape[-1]
        return Output(self.head(seen.mean((2, 3)) + near), maps=seen[:, :1].sigmoid())


@pytest.fixture(scope="module", autouse=True)
def _registered():
    def find(outputs, *, units=()):
        return Finder(outputs)

    def read(outputs, *, units=()):
        return Reader(outputs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "finder", find)
        patch.setitem(MODELS, "reader", read)
        yield


@pytest.fixture
def cache(tmp_path):
    """A set whose faces have landmarks."""
    made = prepared(tmp_path / "data")
    made.landmarks = np.stack([face(SIDE, row) for row in range(len(made))])
    made.eyes = np.linalg.norm(
        made.landmarks[:, 19:25].mean(1) - made.landmarks[:, 25:31].mean(1), axis=1
    ).astype(np.float32)
    return made


def finder_recipe():
    published = Expected("Somebody 2020", "mean_error", 0.04)
    wanted = replace(recipe(), model=Model("finder"), expected=(published,))
    return replace(wanted, objective=Objective("jaanet", weights={"landmarks": 0.5}))


def reader_recipe():
    return replace(recipe(), model=Model("reader"), objective=Objective("bounded"))


def test_a_network_that_finds_landmarks_is_measured_by_them(cache, tmp_path):
    result = train_fold(finder_recipe(), 1, cache, tmp_path / "runs")
    folder = result.folder
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert all(0 < line["validate.mean_error"] < 2 for line in lines)
    assert all(0 <= line["validate.failure_rate"] <= 1 for line in lines)
    predictor = Predictor(folder / "model.onnx")
    assert predictor.spec.outputs == ("probability", "maps", "landmarks")
    # the test part, asked of the file by hand
    trial = run_trial(open_subject(folder), cache, Choice())
    rows = trial.evaluated.rows
    said = predictor.score_crops(np.stack([cache.image(int(row)) for row in rows])).landmarks
    errors = landmark_errors(said, cache.landmarks[rows] - CUT)
    np.testing.assert_allclose(result.predictions.errors, errors, atol=1e-4)
    wanted = {"mean_error": errors.mean(), "failure_rate": (errors > 0.1).mean()}
    assert result.table.landmarks == pytest.approx(wanted, abs=1e-4)
    assert trial.table.landmarks == pytest.approx(wanted, abs=1e-4)
    with (folder / "predictions.parquet").open("rb") as file:
        column = read_parquet(file).read_all()["landmark_error"].to_pylist()
    np.testing.assert_allclose(column, errors, atol=1e-4)
    report = (folder / "report.md").read_text()
    assert f"Landmarks: mean error {errors.mean():.3f} of the distance between the eyes" in report
    assert f"| mean | {errors.mean():.3f} | 0.040 |" in report
    assert "| epoch | loss | F1 | accuracy | mean error | failure rate |" in report
    assert report.count("![") == 1
    for title in ("F1", "accuracy", "mean error", "failure rate"):
        assert f">{title}</text>" in (folder / "epochs.svg").read_text()
    again = train_fold(finder_recipe(), 1, cache, tmp_path / "runs")
    np.testing.assert_allclose(again.predictions.errors, errors, atol=1e-4)


def test_a_network_that_reads_landmarks_is_trained_exported_and_evaluated(cache, tmp_path):
    result = train_fold(reader_recipe(), 1, cache, tmp_path / "runs")
    assert result.predictions.errors is None
    assert result.table.landmarks == {}
    predictor = Predictor(result.folder / "model.onnx")
    assert (predictor.spec.points, predictor.spec.outputs) == ("49", ("probability", "maps"))
    assert json.loads(read_run(result.folder)["card"])["points"] == "49"
    trial = run_trial(open_subject(result.folder), cache, Choice())
    rows = trial.evaluated.rows
    np.testing.assert_allclose(
        trial.evaluated.predictions.predicted, result.predictions.predicted, atol=1e-5
    )
    images = np.stack([cache.image(int(row)) for row in rows])
    said = predictor.score_crops(images, cache.landmarks[rows]).probability
    np.testing.assert_allclose(said, result.predictions.predicted, atol=1e-5)
    cache.landmarks[rows[1], 3] = np.nan
    trial = run_trial(open_subject(result.folder), cache, Choice())
    assert trial.evaluated.rows.tolist() == np.delete(rows, 1).tolist()
    assert trial.evaluated.notes == ("1 pictures without landmarks, which it reads, are left out.",)
    cache.landmarks[rows] = np.nan
    with pytest.raises(InputError, match="no picture of table that is asked for has landmarks"):
        run_trial(open_subject(result.folder), cache, Choice())


@pytest.mark.parametrize("part", ["train", "validate", "test"])
def test_pictures_without_landmarks_are_refused_before_anything_is_spent(cache, tmp_path, part):
    train_rows = {}
    from mien.training.assemble import assemble

    split = assemble(reader_recipe(), 1, cache).split
    train_rows = split.part(part)
    cache.landmarks[train_rows[0]] = np.nan
    with pytest.raises(InputError, match=r"tiny needs the landmarks of each face, and 1 of"):
        train_fold(reader_recipe(), 1, cache, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    if part == "test":  # who learns landmarks only does without them there: the error is not known
        assemble(finder_recipe(), 1, cache)


def test_two_inputs_in_a_file_made_smaller(tmp_path):
    torch.manual_seed(0)
    reading = Reading(Reader(2).eval(), "occurrence")
    card = replace(pointed(gives=("maps",)), template="whole")
    assert (reading.outputs, reading.points) == (card.outputs, card.points)
    found = export(reading, card, probe_of(card), tmp_path / "net.onnx")
    assert found["float32"] < 1e-5
    done = export_run(tmp_path / "net.onnx", Wanted("fp16", tmp_path / "half.onnx"))
    assert Predictor(done.path).spec.precision == "fp16"
    points = face(16)[None]
    images = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)
    one, other = (Predictor(tmp_path / name) for name in ("net.onnx", "half.onnx"))
    a, b = (net.score_crops(images, points).probability for net in (one, other))
    np.testing.assert_allclose(a, b, atol=1e-3)
    moved = one.score_crops(images, points + 4).probability
    assert np.abs(moved - a).max() > 1e-3


def test_8_bits_learn_their_ranges_from_both_inputs(cache, tmp_path):
    spec = replace(pointed(gives=("maps",)), template="whole")
    path = write_pointed(tmp_path / "net.onnx", spec)
    rows = np.array([3, 1, 7])
    [(seen, points)] = list(_batches(cache, spec, rows))
    np.testing.assert_array_equal(points, cache.landmarks[rows] - CUT)
    assert seen.shape == (3, 3, 16, 16)
    small = quantize(onnx.load(str(path)), iter([(seen, points)]))
    (tmp_path / "small.onnx").write_bytes(small.SerializeToString())
    wanted, found = (
        answers(tmp_path / name, (seen, points)) for name in ("net.onnx", "small.onnx")
    )
    np.testing.assert_allclose(found[0], wanted[0], atol=0.03)
    assert not np.array_equal(found[0], wanted[0])
