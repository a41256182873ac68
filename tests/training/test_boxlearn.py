"""A detector through the one loop: run folder, going on, refusals; slow: that it learns."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.data.boxaugment import BoxAugment
from mien.data.boxloading import BoxDataset
from mien.errors import InputError
from mien.losses.detection import detection
from mien.recipes.yolo import RECIPES, awake, faces, small
from mien.training import boxlearn
from mien.training.boxlearn import learn_boxes, network_of
from mien.training.boxparts import read_boxes
from mien.training.boxrecipe import BoxData, BoxRecipe
from mien.training.detecting import Detect, boxes_of, true_boxes
from mien.training.overrides import override
from mien.training.recipe import Model, Optim, Schedule, Trainer
from mien.training.settings import from_json, to_json
from tests.training.drawnboxes import NAMES, write_set

TINY = BoxRecipe(
    name="tiny",
    model=Model("yolov5n"),
    data=BoxData(size=64, batch=4, augment=BoxAugment(mosaic=0.5)),
    optim=Optim("adamw", rate=1e-3, average=0.9, spared=True),
    schedule=Schedule("linear", factor=0.1),
    trainer=Trainer(epochs=1, workers=0, devices="1"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"), train=8, val=4)


@pytest.fixture
def unwritten(monkeypatch):
    """Without the file, which takes longest."""
    monkeypatch.setattr(boxlearn, "export", lambda *_: None)


@pytest.mark.usefixtures("unwritten")
def test_a_run_leaves_its_folder_and_goes_on(data, tmp_path):
    longer = replace(TINY, schedule=Schedule(), trainer=replace(TINY.trainer, epochs=2))
    report = learn_boxes(longer, data, tmp_path / "whole")
    learn_boxes(replace(longer, trainer=replace(longer.trainer, epochs=1)), data, tmp_path / "two")
    learn_boxes(longer, data, tmp_path / "two")
    lines = [
        [
            json.loads(line)
            for line in (tmp_path / name / "tiny/metrics.jsonl").read_text().splitlines()
        ]
        for name in ("whole", "two")
    ]
    for whole, two in zip(*lines, strict=True):
        same = {name: value for name, value in whole.items() if name != "seconds"}
        assert same == pytest.approx({name: two[name] for name in same}, nan_ok=True)
    assert {"train.box", "train.objectness", "train.class", "validate.map50"} <= lines[0][0].keys()
    text = report.read_text()
    assert "| all | 4 | 4 |" in text
    assert "| found as | is red | is green | nothing there |" in text
    assert len(list((report.parent / "pictures/val").glob("*.jpg"))) == 4
    kept = torch.load(report.parent / "best.ckpt", weights_only=True)["network"]
    assert "model.0.conv.weight" in kept
    run = json.loads((report.parent / "run.json").read_text())
    card = json.loads(run["card"])
    assert (card["task"], card["reads"], card["classes"]) == ("detection", "picture", list(NAMES))
    before = report.stat().st_mtime_ns
    assert learn_boxes(longer, data, tmp_path / "whole") == report
    assert report.stat().st_mtime_ns == before


@pytest.mark.usefixtures("unwritten")
def test_another_set_in_the_same_folder_is_refused(data, tmp_path):
    learn_boxes(TINY, data, tmp_path)
    other = write_set(tmp_path / "other", train=6, val=2)
    with pytest.raises(InputError, match="holds another run"):
        learn_boxes(TINY, other, tmp_path)


def test_labels_are_seen_where_they_are(data):
    dataset = BoxDataset(read_boxes(data).part("train"), 96)
    batch = dataset.__getitems__([0, 3])
    assert batch.target[:, :2].tolist() == [[0, 0], [1, 1]]
    for number, true in enumerate(true_boxes(batch, 96)):
        x0, y0, x1, y1 = true.box[0].round().astype(int)
        inside = batch.image[number, number, y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
        assert inside.min() > 0.8
        assert batch.image[number, number].mean() < 0.5


def test_loss_has_its_factors_and_boxes_are_read_back(data):
    parts = read_boxes(data)
    network = network_of(TINY, parts)
    batch = BoxDataset(parts.part("train"), 64).__getitems__(range(4))
    objective = Detect(64, 2, TINY.gains)
    losses = objective(network, batch)
    assert tuple(losses) == objective.losses
    bare = detection(network.grids(batch.image), batch.target, network.anchors)
    # for 64 pictures of 64 pixels and two classes
    for name, factor in {"box": 0.05, "objectness": 0.01, "class": 0.5 * 2 / 80}.items():
        wanted = 64 * factor * bare[name].item()
        assert losses[name].item() == pytest.approx(wanted, rel=1e-5), name
    said = boxes_of(objective.output, network.anchors, 64, least=0.0)
    assert len(said) == 4
    assert all(len(one.box) <= 300 for one in said)


def test_anchors_are_fitted_where_too_few_boxes_match(tmp_path):
    data = write_set(tmp_path, train=4, val=2)
    for path in (tmp_path / "train/labels").glob("*.txt"):
        path.write_text("0 0.5 0.5 0.9 0.02\n")  # a line: no anchor is like it
    parts = read_boxes(data)
    fixed = network_of(replace(TINY, anchors="fixed"), parts).anchors
    fitted = network_of(TINY, parts).anchors
    assert not torch.equal(fixed, fitted)
    wide, high = (fitted[0] * 8).mean(dim=0).tolist()
    assert wide / high > 8


@pytest.mark.parametrize("recipe", [make() for make in RECIPES.values()], ids=list(RECIPES))
def test_every_recipe_survives_its_own_json(recipe):
    assert from_json(BoxRecipe, to_json(recipe), "recipe.json") == recipe
    assert RECIPES[recipe.name]() == recipe
    assert override(recipe, ["data.size=320"]).data.size == 320


def test_the_published_settings():
    one = faces()
    assert (one.optim.rate, one.optim.momentum, one.optim.decay) == (0.01, 0.937, 5e-4)
    assert (one.schedule.factor, one.schedule.warmup, one.schedule.steps) == (0.01, 3, 100)
    assert one.data.batch * one.trainer.accumulate == 64
    run = awake()
    assert (run.data.size, run.data.batch, run.trainer.epochs) == (416, 16, 150)
    assert {one.metric: one.mean for one in run.expected} == {
        "precision": 0.76, "recall": 0.597, "map50": 0.781, "map50_95": 0.696,
    }  # fmt: skip
    assert small().model.name == "yolov5n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["model.name=resnet18"], "model.name is resnet18, which is no detector"),
        (["model.start=nowhere"], "there is no nowhere"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_is_written(data, tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        learn_boxes(override(TINY, changes), data, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_size_that_is_no_multiple_of_32_is_refused():
    with pytest.raises(InputError, match=r"data\.size, a multiple of 32, is 100"):
        override(TINY, ["data.size=100"])


def test_a_set_without_boxes_is_refused(tmp_path):
    data = write_set(tmp_path, train=2, val=2)
    for path in (tmp_path / "train/labels").glob("*.txt"):
        path.write_text("")
    with pytest.raises(InputError, match="no training picture with a box"):
        read_boxes(data)


@pytest.mark.slow
def test_it_learns_to_find_squares_and_tells_their_colour(tmp_path):
    from mien.face.classed import ClassDetector
    from tests.training.drawnboxes import draw

    data = write_set(tmp_path / "set", train=48, val=16)
    longer = replace(TINY, trainer=replace(TINY.trainer, epochs=70))
    report = learn_boxes(longer, data, tmp_path / "runs")
    values = json.loads((report.parent / "report.json").read_text())
    assert values["val"]["classes"][0]["map50"] > 0.9
    detector = ClassDetector(report.parent)
    image, box = draw(np.random.default_rng(99), 1, 128)
    found = detector.find(image)
    middle = (found[0].box[:2] + found[0].box[2:]) / 256
    assert middle.tolist() == pytest.approx(box[:2], abs=0.1)
    assert detector.classes(image, found[0].box[None])[0].argmax() == 1


@pytest.mark.slow
def test_a_detector_is_written_smaller_and_says_the_same(data, tmp_path):
    from mien.training.boxexport import export_detector, is_detector
    from mien.training.exporting import Wanted

    model = learn_boxes(TINY, data, tmp_path).parent / "model.onnx"
    assert is_detector(model)
    half = export_detector(model, Wanted("fp16"))
    eighth = export_detector(model, Wanted("int8", data=data, limit=1.0))
    assert half.size < 0.6 * model.stat().st_size
    assert eighth.size < 0.4 * model.stat().st_size
    assert eighth.measured.metric == "mAP50"
    assert eighth.measured.difference < 0.1
    with pytest.raises(InputError, match="fp32 already"):
        export_detector(model, Wanted("fp32"))
    with pytest.raises(InputError, match=r"name the data\.yaml with --data"):
        export_detector(model, Wanted("int8"))
