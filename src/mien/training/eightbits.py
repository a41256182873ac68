"""A network computed in 8 bits: from which pictures its ranges are, and what is lost and gained.

Of a run the pictures of its own parts; of any other file, such as one made of authors' checkpoints,
pictures of the user's, half of which it takes its ranges from and half of which it is judged on.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from mien.data.cache import Cache, open_cache
from mien.data.labels import take
from mien.errors import InputError, WeightsError
from mien.evaluation.evaluate import Evaluated, check_cache, evaluate, read_rows, readable
from mien.evaluation.metrics import METRICS
from mien.evaluation.timing import Timed, seconds_per_crop
from mien.facs.units import ACTIVE
from mien.files import whole_file
from mien.runtime import BATCH, RANGES, Predictor, crop_threads, cut_off, middle, normalised
from mien.spec import ModelSpec
from mien.training.precision import CONVOLUTIONS, EIGHT_BITS, Given, with_card
from mien.training.sparing import tries
from mien.training.subject import Subject
from mien.values import Scores

__all__ = ["CALIBRATION", "JUDGED", "TYPICAL", "Limits", "Measured", "eight_bits"]

Rows = NDArray[np.intp]

CALIBRATION = 256
"""Pictures from which the ranges of int8 are taken."""

SCORES = 0.01
"""How far the scores of a network with a graph of units may be from float32, as a share of their
range: the same number turns through the graph into several units."""
NEAR = 0.02
"""The same where no metric says all: files that are no run's, and heads beside the first."""
TYPICAL = 0.95
"""Share of the differences of single scores that has to stay within the limit."""

JUDGED = 2000
"""Most pictures on which the loss of int8 is measured."""
LEAST = 16
"""Fewest pictures of one's own that say anything, for ranges and judgement together."""

MANY = 10
"""Convolutions that are worth being computed in 8 bits without the rest."""


class Limits(NamedTuple):
    """What 8 bits may cost."""

    metric: float
    """How much the metric may lose."""
    scores: float | None
    """How far TYPICAL of the scores may be from those of float32, as a share of their range; None:
    SCORES with a graph of units, NEAR with heads beside the first and outside runs, else any."""


@dataclass(frozen=True)
class Measured:
    """Both networks on the same pictures: their scores, a metric where there are labels, time."""

    metric: str | None
    """The first of the task: f1, pcc or accuracy, its mean; None where nothing is labelled."""
    before: float | None
    after: float | None
    part: str
    """Which pictures these are."""
    pictures: int
    difference: float
    """Largest, of a score on these pictures, as a share of its range."""
    typical: float
    """What TYPICAL of the differences stay within."""
    seconds: tuple[float, float]
    """CPU time per crop on one thread, before and after, measured in turns."""


class _Material(NamedTuple):
    """What int8 is made and judged with."""

    cache: Cache
    learned: Rows
    judged: Rows
    part: str


def eight_bits(
    subject: Subject, out: Path, data: Path | None, limits: Limits
) -> tuple[Measured, tuple[int, int], str]:
    """Write a network computed in 8 bits, unless too much is lost.

    Where scores have to stay near those of float32, layers are spared until they do.

    Args:
        subject: the network of float32.
        out: the file to be.
        data: a prepared data set: that of the run, or any where the file is no run's.
        limits: what it may cost.

    Returns:
        What was measured; layers that stayed float32, and how many there are; the digest of the
        data.

    Raises:
        InputError: the pictures do not fit the network, or there are too few.
        WeightsError: too much is lost; nothing is written.
    """
    material = _material(subject, data)
    spec, cache = subject.predictor.spec, material.cache
    rows = _some(readable(spec, cache, material.learned)[0], CALIBRATION)
    whole = onnx.load(str(subject.file))
    limit = _limit(subject, limits)
    said = sum(name in RANGES for name in spec.outputs)
    with whole_file(out) as file:
        for one in tries(whole, lambda: _batches(cache, spec, rows), _operators(whole, spec), said):
            small = with_card(one.model, replace(spec, precision="int8"))
            file.write_bytes(small.SerializeToString())
            measured = _measure(subject, file, material)
            if measured.typical <= limit:
                break
        else:
            raise WeightsError(
                f"{out.name} was not written: even with {one.spared} of {one.layers} layers in "
                f"fp32, 95 % of the scores lie up to {measured.typical:.3f} of their range from "
                f"fp32, expected within {limit:g}; use fp16, or allow it with --score-limit"
            )
        before, after = measured.before, measured.after
        if before is not None and after is not None and not before - after <= limits.metric:
            raise WeightsError(
                f"{out.name} was not written: {measured.metric} on {measured.part} falls from "
                f"{before:.3f} to {after:.3f}, by more than {limits.metric:g}; use fp16, or allow "
                "it with --limit"
            )
    return measured, (one.spared, one.layers), cache.digest


def _limit(subject: Subject, limits: Limits) -> float:
    """How far scores may be from float32."""
    outputs = subject.predictor.spec.outputs
    if limits.scores is not None:
        return limits.scores
    if "relations" in outputs:
        return SCORES
    alone = _alone(subject.predictor.spec)
    return math.inf if alone and subject.split is not None else NEAR


def _alone(spec: ModelSpec) -> bool:
    """Whether a network gives scores of one task."""
    return sum(name in RANGES for name in spec.outputs) == 1


def _operators(whole: onnx.ModelProto, spec: ModelSpec) -> Sequence[str]:
    """What is computed in 8 bits: of a graph of units the convolutions of its backbone alone."""
    folded = sum(node.op_type == "Conv" for node in whole.graph.node) >= MANY
    # a Swin has but one convolution, and a graph as well
    return CONVOLUTIONS if "relations" in spec.outputs and folded else EIGHT_BITS


def _material(subject: Subject, data: Path | None) -> _Material:
    """The pictures to take ranges from, and those to judge by."""
    spec, parts = subject.predictor.spec, subject.split
    if spec.reads != "crop":
        raise InputError(f"{spec.name} reads the {spec.reads} and is small already; use fp16")
    if data is None:
        of = "the prepared data set of the run" if parts else "a prepared set of faces like yours"
        raise InputError(f"int8 takes its ranges from pictures; name {of} with --data")
    cache = open_cache(data)
    if parts is None:
        check_cache(spec, cache)
        return _halves(spec, cache)
    if not subject.owns(cache.index):
        raise InputError(
            f"{data} holds other pictures than {spec.name} was trained on; name the "
            f"prepared {parts.data} of the run"
        )
    check_cache(spec, cache)
    part = "validate" if len(parts.validate) else "test"
    return _Material(cache, parts.train, _some(parts.part(part), JUDGED), f"the {part} part")


def _halves(spec: ModelSpec, cache: Cache) -> _Material:
    """Every other person for the ranges, the others to judge by; of one person pictures."""
    rows = readable(spec, cache, np.arange(len(cache)))[0]
    if len(rows) < LEAST:
        raise InputError(
            f"{cache.folder} holds {len(rows)} pictures that {spec.name} could read, expected at "
            f"least {LEAST} to take ranges from and to judge by"
        )
    people = take(cache.index.subject, rows)
    order = {name: number for number, name in enumerate(dict.fromkeys(people))}
    second = np.array([order[name] % 2 == 1 for name in people])
    if not second.any():
        second = np.arange(len(rows)) % 2 == 1
    words = "the half that gave no ranges"
    return _Material(cache, rows[~second], _some(rows[second], JUDGED), words)


def _measure(subject: Subject, small: Path, material: _Material) -> Measured:
    """Scores, metric and time of both networks, on the same pictures."""
    both = subject.predictor, Predictor(small, crop_threads())
    spec, cache = subject.predictor.spec, material.cache
    found = _evaluated(subject, both, material)
    judged = found[0].rows if found else material.judged
    if found and _alone(spec):
        first, second = (np.asarray(one.predictions.predicted) for one in found)
        apart = np.abs(second - first) / RANGES[spec.outputs[0]]
    else:
        apart = _apart(*(read_rows(one, cache, judged) for one in both))
    seen = judged[:BATCH]
    images = np.stack([cache.image(int(row)) for row in seen])
    points = cache.landmarks[seen] if spec.points else None
    timed = [Timed(Predictor(one), images, points) for one in (subject.file, small)]
    slow, quick = seconds_per_crop(timed)
    metric = next(iter(METRICS[spec.reading]))
    before, after = [one.table.mean[metric] for one in found] or (None, None)
    there = before is not None and after is not None
    if not there and subject.split is not None:
        raise InputError(f"{material.part} is too small to measure the {metric} on")
    return Measured(
        METRICS[spec.reading][metric].title if there else None,
        before,
        after,
        material.part,
        len(judged),
        float(apart.max()),
        float(np.quantile(apart, TYPICAL)),
        (slow, quick),
    )


def _evaluated(
    subject: Subject, both: Sequence[Predictor], material: _Material
) -> Sequence[Evaluated]:
    """Both networks beside the labels; none where one's own pictures have none that it reads."""
    present = subject.recipe.data.threshold if subject.recipe else ACTIVE
    try:
        return [evaluate(one, material.cache, material.judged, present=present) for one in both]
    except InputError:
        if subject.split is not None:
            raise
        return ()


def _apart(first: Scores, second: Scores) -> NDArray[np.float64]:
    """Differences of all scores, in shares of their ranges."""
    found = [
        (np.abs(getattr(first, name) - getattr(second, name)) / size).ravel()
        for name, size in RANGES.items()
        if getattr(first, name) is not None
    ]
    return np.concatenate(found).astype(np.float64)


def _some(rows: Rows, most: int) -> Rows:
    """At most so many of the rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]


def _batches(cache: Cache, spec: ModelSpec, rows: Rows) -> Iterator[Given]:
    """Pictures as the network reads them."""
    for first in range(0, len(rows), BATCH):
        some = rows[first : first + BATCH]
        images = np.stack([cache.image(int(row)) for row in some])
        seen = normalised(middle(images, spec.size), spec)
        cut = cut_off(cache.aligned, spec.size)
        yield (seen, cache.landmarks[some] - np.float32(cut)) if spec.points else seen
