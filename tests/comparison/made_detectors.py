"""Pictures with boxes, and runs of detectors that say the same of every picture."""

import json
from dataclasses import replace

import numpy as np
import PIL.Image

from mien.training.boxparts import read_boxes
from mien.training.boxrecipe import BoxRecipe
from mien.training.recipe import Expected, Model
from mien.training.runfolder import ENVIRONMENT, METRICS, RECIPE, REPORT_JSON, RUN
from mien.training.settings import to_json
from tests.made_detector import CARD, SIDE, write

AWAKE, SLEEP = [4, 8, 12, 16], [20, 10, 28, 20]
EPOCHS = [
    {"epoch": 0, "train.box": 3.0, "train.class": 2.0, "validate.box": 2.5, "validate.map50": 0.1},
    {"epoch": 1, "train.box": 2.0, "train.class": 1.0, "validate.box": 1.5, "validate.map50": 0.2},
]


def set_of(folder, names=("awake", "sleep"), **parts):
    """A data.yaml with so many pictures of each part: the classes in turns, in their places."""
    for part, count in parts.items():
        for inner in ("images", "labels"):
            (folder / part / inner).mkdir(parents=True)
        for number in range(count):
            kind = number % 2
            x0, y0, x1, y1 = (AWAKE, SLEEP)[kind]
            colour = (10 * number, 50 * len(part), 0)  # of each part others
            image = np.full((2 * SIDE, 2 * SIDE, 3), colour, np.uint8)  # shrunk to SIDE
            PIL.Image.fromarray(image).save(folder / part / "images" / f"{part}{number}.png")
            shares = np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]) / SIDE
            text = " ".join([str(kind), *(f"{share:.6f}" for share in shares)])
            (folder / part / "labels" / f"{part}{number}.txt").write_text(text + "\n")
    lines = [f"{part}: {part}/images" for part in parts]
    (folder / "data.yaml").write_text("\n".join([*lines, f"names: [{', '.join(names)}]", ""]))
    return folder / "data.yaml"


def detector_of(folder, data, scores=((0.9, 0.1), (0.1, 0.8)), name="finder", **more):
    """A run folder whose network finds both places with these scores in every picture."""
    folder.mkdir(parents=True)
    card = replace(CARD, name=name, classes=more.get("classes", CARD.classes))
    boxes = more.get("boxes", [AWAKE, SLEEP])
    write(folder / "model.onnx", card, boxes, [list(pair) for pair in scores])
    if "small" in more:
        file = folder / "model.int8.onnx"
        write(file, replace(card, precision="int8"), boxes, [list(pair) for pair in more["small"]])
    expected = (Expected("a paper, 2020", "map50", 0.75, {}, "other pictures"),)
    recipe = BoxRecipe(name, Model("yolov5n"), expected=expected if more.get("paper") else ())
    (folder / RECIPE).write_text(to_json(recipe))
    (folder / RUN).write_text(json.dumps({"data": read_boxes(data).digest()}))
    versions = {"packages": {"mien": "0.0.9"}, "commit": "abcdef0123456789"}
    (folder / ENVIRONMENT).write_text(json.dumps(versions))
    (folder / METRICS).write_text("".join(json.dumps(line) + "\n" for line in EPOCHS))
    (folder / REPORT_JSON).write_text(json.dumps({"epoch": 1}))
    return folder
