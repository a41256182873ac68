"""mien export: a run's network as a file, whole or made smaller, and what that costs."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.data.cache import Cache, open_cache
from mien.errors import InputError, MissingExtra, WeightsError
from mien.evaluation.evaluate import PRESENT, check_cache, evaluate, readable
from mien.evaluation.metrics import METRICS
from mien.files import whole_file
from mien.results.report import report_path
from mien.runtime import BATCH, Predictor, crop_threads, find_model, middle, normalised
from mien.spec import ModelSpec, Precision
from mien.training.evaluating import Subject, open_subject
from mien.training.precision import (
    CONVOLUTIONS,
    EIGHT_BITS,
    HALVED,
    PROBES,
    Given,
    answers,
    comparable,
    gap,
    halve,
    largest,
    with_card,
)
from mien.training.runfolder import BEST, MODEL
from mien.training.sparing import tries
from mien.values import Float32, Image

__all__ = [
    "CALIBRATION",
    "Exported",
    "Measured",
    "Wanted",
    "export_run",
    "precision_of",
    "probe_of",
]

Rows = NDArray[np.intp]

CALIBRATION = 256
"""Pictures of the training part from which the ranges of int8 are taken."""

SCORES = 0.01
"""How far the scores of a network with a graph of units may be from float32: the same number turns
through the graph into several units."""
TYPICAL = 0.95
"""Share of the differences of single scores that has to stay within the limit."""

JUDGED = 2000
"""Most pictures on which the loss of int8 is measured."""

ROUNDS = 5
"""Times that both networks read the same crops, in turns; the quickest counts."""

MANY = 10
"""Convolutions that are worth being computed in 8 bits without the rest."""


@dataclass(frozen=True)
class Wanted:
    """What to write."""

    precision: Precision = "fp32"
    out: Path | None = None
    """The file; None: beside the network, with the precision in its name."""
    data: Path | None = None
    """The prepared data set of the run, for int8."""
    limit: float = 0.02
    """How much the metric may lose before int8 is refused."""
    score_limit: float | None = None
    """How far 95 % of the scores may be from those of float32; None: SCORES for a network with a
    graph of units, and any for others."""


@dataclass(frozen=True)
class Measured:
    """A metric of both networks, and their time."""

    metric: str
    """The first of the task: f1, pcc or accuracy, its mean."""
    before: float
    after: float
    part: str
    """Of the run's split."""
    pictures: int
    difference: float
    """Largest, of an output on these pictures."""
    typical: float
    """What TYPICAL of the differences stay within."""
    seconds: tuple[float, float]
    """CPU time per crop on one thread, before and after, measured in turns."""


@dataclass(frozen=True)
class Exported:
    """A file that was written."""

    path: Path
    precision: Precision
    size: int
    """Bytes."""
    difference: float | None = None
    """Largest difference to the network that it was made from."""
    before: int | None = None
    """Bytes of the file that it was made from."""
    measured: Measured | None = None
    spared: tuple[int, int] | None = None
    """Of int8: layers that stayed float32, and how many could have been computed in 8 bits."""

    def lines(self) -> list[str]:
        """The same to be read."""
        size = f"{self.size / 1e6:.1f} MB"
        if self.before is not None:
            size += f" ({self.before / 1e6:.1f} MB as fp32)"
        lines = [f"{self.path}: {self.precision}, {size}"]
        if self.difference is not None:
            lines.append(f"largest difference of an output: {self.difference:.2g}")
        if (one := self.measured) is not None:
            lines.append(
                f"{one.metric} on {one.pictures} pictures of the {one.part} part: "
                f"{one.before:.3f} as fp32, {one.after:.3f} as {self.precision}"
            )
            lines.append(
                f"{100 * TYPICAL:.0f} % of the scores are within {one.typical:.4f} of fp32, all "
                f"within {one.difference:.4f}"
            )
            if self.spared is not None and self.spared[0]:
                lines.append("{} of {} layers stayed fp32".format(*self.spared))
            slow, quick = (1000 * seconds for seconds in one.seconds)
            lines.append(f"CPU time per crop: {slow:.1f} ms as fp32, {quick:.1f} ms now")
        return lines


def precision_of(text: str) -> Precision:
    """A precision as people type it.

    Raises:
        InputError: there is no such precision.
    """
    for one in get_args(Precision):
        if text == one:
            return one  # type: ignore[no-any-return]
    raise InputError(f"there is no precision {text!r}; choose {', '.join(get_args(Precision))}")


def export_run(model: Path, wanted: Wanted) -> Exported:
    """Write the network of a run, or a smaller one of an ONNX file.

    float32 is made anew from the run's checkpoint and needs torch; float16 and int8 are made from
    the float32 file.

    Raises:
        InputError: there is no such run or file, or int8 lacks what it learns its ranges from.
        WeightsError: the file would not say what the network says, or int8 loses too much.
        MissingExtra: float32 is asked for and torch is not installed.
    """
    if wanted.precision == "fp32":
        return _whole(model, wanted)
    file = find_model(model)
    spec = Predictor(file).spec
    if spec.precision != "fp32":
        raise InputError(
            f"{file} is {spec.precision} already; name a network of fp32 to make it smaller"
        )
    out = wanted.out or file.with_name(f"{file.stem}.{wanted.precision}.onnx")
    if out.resolve() == file.resolve():
        raise InputError(f"{out} is the network that is read; write to another name")
    if wanted.precision == "fp16":
        return _half(file, spec, out)
    return _eighth(open_subject(file), out, wanted)


def _whole(model: Path, wanted: Wanted) -> Exported:
    """The network of a run's checkpoint, exported anew."""
    if not (model / BEST).is_file():
        raise InputError(
            f"{model} is no run folder with a {BEST}; fp32 is exported from the checkpoint of a run"
        )
    try:
        from mien.models.reading import Reading
        from mien.training.export import export
        from mien.training.trained import load_trained
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "export a checkpoint") from error
    trained = load_trained(model)
    out = wanted.out or model / MODEL
    reading = Reading(trained.network, trained.card.reading)
    card = replace(trained.card, outputs=reading.outputs, points=reading.points)
    found = export(reading, card, probe_of(card), out)
    return Exported(out, "fp32", out.stat().st_size, found["float32"])


def _half(file: Path, spec: ModelSpec, out: Path) -> Exported:
    """Weights stored as float16."""
    probe = probe_of(spec)
    wanted = comparable(answers(file, probe), spec)
    small = with_card(halve(onnx.load(str(file))), replace(spec, precision="fp16"))
    with whole_file(out) as part:
        part.write_bytes(small.SerializeToString())
        changed = gap(comparable(answers(part, probe), spec), wanted)
        if not changed <= HALVED * largest(wanted):
            raise WeightsError(
                f"{out.name} was not written: with weights of float16 the network says something "
                f"else (by {changed:.2g}); keep fp32"
            )
    return Exported(out, "fp16", out.stat().st_size, changed, file.stat().st_size)


def _eighth(subject: Subject, out: Path, wanted: Wanted) -> Exported:
    """Computed in 8 bits, with the ranges of training pictures, unless too much is lost.

    Where scores have to stay near those of float32, layers are spared until they do.
    """
    spec, cache, train, part = _material(subject, wanted)
    train, _ = readable(spec, cache, train)
    rows = _some(train, CALIBRATION)
    whole = onnx.load(str(subject.file))
    limit = wanted.score_limit
    if limit is None:
        limit = SCORES if "relations" in spec.outputs else math.inf
    with whole_file(out) as file:
        for one in tries(whole, lambda: _batches(cache, spec, rows), _operators(whole, spec)):
            small = with_card(one.model, replace(spec, precision="int8"))
            file.write_bytes(small.SerializeToString())
            measured = _measure(subject, file, cache, part)
            if measured.typical <= limit:
                break
        else:
            raise WeightsError(
                f"{out.name} was not written: even with {one.spared} of {one.layers} layers in "
                f"fp32, 95 % of the scores lie up to {measured.typical:.3f} from fp32, expected "
                f"within {limit:g}; use fp16, or allow it with --score-limit"
            )
        if not measured.before - measured.after <= wanted.limit:
            raise WeightsError(
                f"{out.name} was not written: {measured.metric} on the {part} part falls from "
                f"{measured.before:.3f} to {measured.after:.3f}, by more than {wanted.limit:g}; "
                "use fp16, or allow it with --limit"
            )
    done = Exported(
        out,
        "int8",
        out.stat().st_size,
        measured.difference,
        subject.file.stat().st_size,
        measured,
        (one.spared, one.layers),
    )
    with whole_file(report_path(out)) as file:
        values = {**asdict(done), "path": out.name, "data": cache.digest}
        file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return done


def _operators(whole: onnx.ModelProto, spec: ModelSpec) -> Sequence[str]:
    """What is computed in 8 bits: of a graph of units the convolutions of its backbone alone."""
    folded = sum(node.op_type == "Conv" for node in whole.graph.node) >= MANY
    # a Swin has but one convolution, and a graph as well
    return CONVOLUTIONS if "relations" in spec.outputs and folded else EIGHT_BITS


def _material(subject: Subject, wanted: Wanted) -> tuple[ModelSpec, Cache, Rows, str]:
    """Card, pictures, training rows, and the part on which the loss is measured."""
    spec, parts = subject.predictor.spec, subject.split
    if spec.reads != "crop":
        raise InputError(f"{spec.name} reads the {spec.reads} and is small already; use fp16")
    if parts is None:
        raise InputError(
            f"{subject.file} lies in no run folder: int8 takes its ranges from the training part "
            "of the run, so name the run folder"
        )
    if wanted.data is None:
        raise InputError(
            "int8 takes its ranges from training pictures; name the prepared data set of the run "
            "with --data"
        )
    cache = open_cache(wanted.data)
    if not subject.owns(cache.index):
        raise InputError(
            f"{wanted.data} holds other pictures than {spec.name} was trained on; name the "
            f"prepared {parts.data} of the run"
        )
    check_cache(spec, cache)
    return spec, cache, parts.train, "validate" if len(parts.validate) else "test"


def _measure(subject: Subject, small: Path, cache: Cache, part: str) -> Measured:
    """The metric and the time of both networks, on the same pictures."""
    if subject.split is None:  # pragma: no cover - refused before
        raise InputError(f"{subject.file} lies in no run folder")
    rows = _some(subject.split.part(part), JUDGED)
    present = subject.recipe.data.threshold if subject.recipe else PRESENT
    both = subject.predictor, Predictor(small, crop_threads())
    found = [evaluate(one, cache, rows, present=present) for one in both]
    tables = [one.table for one in found]
    metric = next(iter(METRICS[tables[0].task]))
    before, after = (table.mean[metric] for table in tables)
    if before is None or after is None:
        raise InputError(f"the {part} part is too small to measure the {metric} on")
    spec, seen = subject.predictor.spec, found[0].rows[:BATCH]
    images = np.stack([cache.image(int(row)) for row in seen])
    points = cache.landmarks[seen] if spec.points else None
    seconds = _times(Predictor(subject.file), Predictor(small), images, points)
    title = METRICS[tables[0].task][metric].title
    first, second = (np.asarray(one.predictions.predicted) for one in found)
    apart = np.abs(second - first)
    return Measured(
        title,
        before,
        after,
        part,
        tables[0].pictures,
        float(apart.max()),
        float(np.quantile(apart, TYPICAL)),
        seconds,
    )


def _times(
    first: Predictor, second: Predictor, images: Image, points: Float32 | None
) -> tuple[float, float]:
    """CPU seconds per crop of two networks, in turns."""
    best = [np.inf, np.inf]
    for _ in range(ROUNDS):
        for place, one in enumerate((first, second)):
            start = time.process_time()
            one.score_crops(images, points)
            best[place] = min(best[place], time.process_time() - start)
    return best[0] / len(images), best[1] / len(images)


def _some(rows: Rows, most: int) -> Rows:
    """At most so many of the rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]


def _batches(cache: Cache, spec: ModelSpec, rows: Rows) -> Iterator[Given]:
    """Training pictures as the network reads them."""
    for first in range(0, len(rows), BATCH):
        some = rows[first : first + BATCH]
        images = np.stack([cache.image(int(row)) for row in some])
        seen = normalised(middle(images, spec.size), spec)
        cut = max(0, (cache.aligned - spec.size) // 2)
        yield (seen, cache.landmarks[some] - np.float32(cut)) if spec.points else seen


def probe_of(spec: ModelSpec) -> Given:
    """Something to compare two networks on: smooth coloured pictures, or features."""
    random = np.random.default_rng(0)
    if spec.reads not in ("crop", "picture"):
        return random.normal(0, 0.3, (PROBES, spec.size)).astype(np.float32)
    small = random.integers(0, 256, (PROBES, 8, 8, 3), np.uint8)
    side = (spec.size, spec.size)
    images = [Picture.fromarray(one).resize(side, Picture.Resampling.BICUBIC) for one in small]
    seen = normalised(np.stack([np.asarray(one) for one in images]), spec)
    if not spec.points:
        return seen
    face = spec.size * (0.5 + 0.25 * random.uniform(-1, 1, (PROBES, int(spec.points), 2)))
    return seen, face.astype(np.float32)
