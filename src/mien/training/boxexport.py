"""mien export of a detector: its file anew, stored in 16 bits, or computed in 8."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx

from mien.data import yolo
from mien.data.boxshares import corners
from mien.data.findings import Findings
from mien.data.yolo import BoxedPictures
from mien.errors import InputError, WeightsError
from mien.evaluation.boxtable import box_table
from mien.evaluation.detection import LEAST, OVERLAP, Boxes
from mien.evaluation.timing import seconds_in_turns
from mien.face.letterbox import letterbox
from mien.face.suppression import suppress
from mien.files import whole_file
from mien.runtime import open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.training.eightbits import CALIBRATION, JUDGED, TYPICAL, Measured
from mien.training.exporting import Exported, Wanted, beside, halved
from mien.training.precision import (
    named,
    quantize,
    with_card,
)
from mien.values import Float32
from mien.video.pictures import read_picture

__all__ = ["export_detector", "head_of", "is_detector", "read_card"]

EIGHT_BITS = ("Conv", "Sigmoid", "Mul", "Add", "MaxPool", "Concat", "Resize")
"""Operators that are computed in 8 bits, up to the three last convolutions; these and what makes
boxes of their numbers stay float32: a pixel is less than a 255th of a picture."""
BATCH = 8


def read_card(file: Path) -> ModelSpec | None:
    """The card inside a file; None if it carries none."""
    text = open_session(file).get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    return None if text is None else ModelSpec.from_json(text)


def is_detector(file: Path) -> bool:
    """Whether a file is a detector's."""
    card = read_card(file)
    return card is not None and card.task == "detection"


def export_detector(file: Path, wanted: Wanted) -> Exported:
    """Write a detector smaller, from its file of float32.

    Raises:
        InputError: it is small already, or int8 lacks the pictures that it learns its ranges from.
        WeightsError: the file would not say what the network says, or int8 loses too much.
    """
    spec = read_card(file)
    if spec is None or spec.precision != "fp32":
        raise InputError(f"{file} is no detector of fp32; name the run folder of one")
    if wanted.precision == "fp32":
        raise InputError(f"{file} is the detector in fp32 already; choose fp16 or int8")
    out = beside(file, wanted)
    if wanted.precision == "fp16":
        return halved(file, spec, out)
    return _eighth(file, spec, out, wanted)


def _eighth(file: Path, spec: ModelSpec, out: Path, wanted: Wanted) -> Exported:
    """Computed in 8 bits, unless mAP50 on the validation part falls too far."""
    if wanted.data is None:
        raise InputError(
            "int8 takes its ranges from training pictures; name the data.yaml with --data"
        )
    said = yolo.read(wanted.data, Findings())
    if said.names != spec.classes:
        raise InputError(
            f"{wanted.data} has the classes {', '.join(said.names)} and {spec.name} "
            f"{', '.join(spec.classes)}; name the data.yaml that it was trained on"
        )
    name = next((part for part in ("val", "test") if len(said.splits[part])), "")
    if not name:
        raise InputError(f"{said.path} has no val: to measure on what int8 loses")
    model = named(onnx.load(str(file)))
    seen = _batches(said.splits["train"].path[:CALIBRATION], spec.size)
    small = quantize(model, seen, EIGHT_BITS, head_of(model, len(spec.classes)))
    small = with_card(small, replace(spec, precision="int8"))
    with whole_file(out) as part:
        part.write_bytes(small.SerializeToString())
        held = said.splits[name]
        (before, first), (after, second) = (_judged(one, spec, held) for one in (file, part))
        if not before - after <= wanted.limit:
            raise WeightsError(
                f"{out.name} was not written: mAP50 on the {name} part falls from {before:.3f} to "
                f"{after:.3f}, by more than {wanted.limit:g}; use fp16, or allow it with --limit"
            )
        picture = {"image": next(_batches(held.path[:1], spec.size))}
        works = [partial(open_session(one).run, None, picture) for one in (file, part)]
        slow, quick = seconds_in_turns(works)
    count = min(len(held), JUDGED)
    apart = np.abs(first - second)
    typical = float(np.quantile(apart, TYPICAL))
    measured = Measured(
        "mAP50",
        before,
        after,
        f"the {name} part",
        count,
        float(apart.max()),
        typical,
        (slow, quick),
    )
    return Exported(out, "int8", out.stat().st_size, None, file.stat().st_size, measured)


def head_of(model: onnx.ModelProto, classes: int) -> list[str]:
    """Names of the last convolutions of a detector, and of all that comes after them."""
    wide = 3 * (5 + classes)
    tables = {table.name: list(table.dims) for table in model.graph.initializer}
    heads = [
        node
        for node in model.graph.node
        if node.op_type == "Conv" and tables.get(node.input[1], [0])[0] == wide
    ][-3:]
    behind = {out for node in heads for out in node.output}
    names = [node.name for node in heads]
    for node in model.graph.node:  # in the order in which they are computed
        if behind & set(node.input):
            behind |= set(node.output)
            names.append(node.name)
    return names


def _batches(paths: Sequence[Path], size: int) -> Iterator[Float32]:
    """Pictures as the detector reads them."""
    for first in range(0, len(paths), BATCH):
        some = [letterbox(read_picture(path), size)[0] for path in paths[first : first + BATCH]]
        yield np.stack(some).transpose(0, 3, 1, 2).astype(np.float32) * np.float32(1 / 255)


def _judged(file: Path, spec: ModelSpec, part: BoxedPictures) -> tuple[float, Float32]:
    """mAP50 of a file on a part, and the highest score of each class in each picture."""
    session = open_session(file)
    paths, boxes = part.path[:JUDGED], part.boxes[:JUDGED]
    said: list[Boxes] = []
    highest = []
    for batch in _batches(paths, spec.size):
        found = session.run(["boxes", "scores"], {"image": batch})
        highest.append(found[1].max(axis=1))
        for box, score in zip(*found, strict=True):
            kept = suppress(box, score, least=LEAST, overlap=OVERLAP, several=score.shape[1] > 1)
            said.append(Boxes(kept.box, kept.kind, kept.score))
    true = [_true(path, told, spec.size) for path, told in zip(paths, boxes, strict=True)]
    return box_table(said, true, spec.classes).rows[0].map50, np.concatenate(highest)


def _true(path: Path, told: Float32, size: int) -> Boxes:
    """The labels of a picture in the square's pixels."""
    image = read_picture(path)
    _, lies = letterbox(image, size)
    box = corners(told[:, 1:], *image.shape[1::-1])
    return Boxes(lies.into(box), told[:, 0].astype(np.int64))
