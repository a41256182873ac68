"""The picture network from planted crops to its three files, at toy size."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.data import crops, parts, portraitset
from mien.data.expressions import OUTPUTS, UNITS
from mien.data.portraitexam import KINDS, PortraitExam
from mien.data.portraitset import PortraitSet
from mien.recipes.pictureunits import picture
from mien.runtime import Predictor
from mien.training.picturelearn import anchors, fit_network, read
from mien.training.picturerecipe import PictureSchedule
from mien.training.pictureship import ship
from mien.weights.catalog import FILES

NAMES = [f"{number}.jpg" for number in range(40)]
BROW, SMILE = UNITS.index(4), UNITS.index(12)
MESH = FILES / "au-mesh.onnx", FILES / "au-mesh-difference.onnx"


def bright(level):
    """A crop of noise, brighter in the middle the stronger AU12_L is."""
    rng = np.random.default_rng(int(1000 * level))
    out = rng.integers(60, 100, (112, 112, 3))
    out[40:70, 40:70] += int(120 * level)
    return out.astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with sixteen groups to learn from and eight to choose by."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    part = np.array([parts.part_of(name) for name in NAMES])
    shown = np.zeros((len(NAMES), OUTPUTS), np.float32)
    crop = np.stack([bright(0.0)] * len(NAMES))
    mesh = rng.normal(100, 30, (len(NAMES), 478, 3)).astype(np.float32)
    portraitset.write(
        PortraitSet(np.array(NAMES), part, mesh, crop, shown), folder / portraitset.FILE
    )
    for place, number, count, of in (
        (crops.FOLDER, 0, 16, "training"), (crops.EXAM, crops.JUDGED, 8, "development"),
    ):  # fmt: skip
        intensity = np.zeros((count, crops.GROUP, OUTPUTS), np.float32)
        intensity[:, 2:, SMILE] = rng.random((count, crops.GROUP - 2))
        image = np.stack([[bright(one[SMILE]) for one in group] for group in intensity])
        (folder / place).mkdir()
        path = folder / place / f"crops-{number:05d}.npy"
        np.save(path, image)
        np.savez(
            path.with_suffix(".npz"), intensity=intensity,
            portrait=rng.integers(0, (part == of).sum(), count),
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def recipe():
    schedule = PictureSchedule(
        epochs=2, steps=12, batch=4, warmup=0, cooling=1, precision="32", rate=3e-3
    )
    return replace(picture(), width=8, features=16, dropout=0.0, schedule=schedule)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "teacher.csv"
    path.write_text("file,AU4_L\n" + "".join(f"{name},0.7\n" for name in NAMES[::2]))
    return path


def test_a_teacher_holds_the_units_it_speaks_of_and_the_mesh_the_others(data, recipe, teacher):
    alone, helped = (anchors(recipe, read(data, table)) for table in (None, teacher))
    assert alone.pull[BROW] == pytest.approx(recipe.other)
    assert helped.pull[BROW] == pytest.approx(recipe.taught[4])
    assert helped.pull[BROW + 1] == pytest.approx(recipe.other)  # AU4_R: nothing is said
    assert helped.pull[SMILE] == pytest.approx(recipe.pull[12])
    learned = [name for name in NAMES if parts.part_of(name) == "training"]
    said = [0.7 if name in NAMES[::2] else 0.0 for name in learned]
    assert helped.level[:, BROW].tolist() == pytest.approx(said)
    assert (alone.level == 0).all()


@pytest.fixture(scope="module")
def trained(data, recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    lines = []
    network = fit_network(recipe, read(data), folder, lines.append)
    return network, lines, folder


def test_it_trains_flat_then_down_and_a_second_call_trains_no_more(trained, data, recipe):
    network, lines, folder = trained
    assert len(lines) == 3
    assert [one["rate"] for one in lines[:2]] == [recipe.schedule.rate] * 2
    assert {"validate.agreement", "validate.within", "validate.difference"} <= set(lines[0])
    assert lines[-1]["validate.within"] > 1 / OUTPUTS / 2  # of 38 units one is shown, and learned
    again = []
    same = fit_network(recipe, read(data), folder, again.append)
    assert again == []
    for one, two in zip(network.state_dict().values(), same.state_dict().values(), strict=True):
        torch.testing.assert_close(one, two)


def test_the_cooling_begins_from_the_best_epoch(data, recipe, tmp_path):
    """With a rate of nothing in it, cooling gives back what the flat part chose."""
    slow = replace(recipe, schedule=replace(recipe.schedule, rate=1e-12, decay=0.0, epochs=1))
    network = fit_network(slow, read(data), tmp_path)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(slow.schedule.seed)
        from mien.models.pictureunits import pictureunits

        fresh = pictureunits(OUTPUTS, width=8, features=16, dropout=0.0)
    for name, one in fresh.named_parameters():
        torch.testing.assert_close(dict(network.named_parameters())[name], one)


def exam(portraits):
    """Pictures of a few portraits, unit 12 planted in most."""
    rng = np.random.default_rng(portraits)
    count = 12 * portraits
    intensity = np.zeros((count, OUTPUTS), np.float32)
    intensity[:, SMILE] = rng.random(count)
    intensity[:, BROW] = rng.random(count)
    kind = np.full(count, KINDS.index("nuisance"))
    kind[::12] = KINDS.index("rest")
    intensity[::12] = 0
    mesh = rng.normal(100, 30, (count, 478, 3)).astype(np.float32)
    crop = np.stack([bright(level) for level in intensity[:, SMILE]])
    return PortraitExam(
        mesh, crop, intensity, np.repeat(np.arange(portraits), 12), kind,
        np.zeros(count, np.int64),
    )  # fmt: skip


@pytest.mark.slow
def test_three_files_come_of_it_that_go_together(trained, recipe, tmp_path, monkeypatch):
    network, _, _ = trained
    monkeypatch.setattr("mien.training.pictureship.is_quiet", lambda _: True)
    made = ship(recipe, network, (exam(6), exam(7)), tmp_path, MESH)
    assert [path.name for path in made] == [
        "au-picture.onnx", "au-both.onnx", "au-both-difference.onnx"
    ]  # fmt: skip
    picture_, both, against = map(Predictor, made)
    assert "7" in both.spec.trained_on
    described = picture_.score_crops(exam(2).crop[:3]).features
    mesh = np.zeros((3, OUTPUTS), np.float32)
    assert both.score(np.concatenate([mesh, described], axis=1)).intensity.shape == (3, OUTPUTS)
    seen = np.concatenate([mesh, 0 * described, described], axis=1)
    assert against.score(seen).intensity.shape == (3, OUTPUTS)
