"""mien export: a run's network as a file, whole or made smaller, and what that costs."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
from PIL import Image as Picture

from mien.errors import InputError, MissingExtra, WeightsError
from mien.files import whole_file
from mien.results.report import report_path
from mien.runtime import Predictor, find_model, normalised
from mien.spec import ModelSpec, Precision
from mien.training.eightbits import TYPICAL, Limits, Measured, eight_bits
from mien.training.precision import (
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
from mien.training.subject import Subject, open_subject

__all__ = ["Exported", "Wanted", "beside", "export_run", "halved", "precision_of", "probe_of"]


@dataclass(frozen=True)
class Wanted:
    """What to write."""

    precision: Precision = "fp32"
    out: Path | None = None
    """The file; None: beside the network, with the precision in its name."""
    data: Path | None = None
    """For int8: the prepared data set of the run; of a file that is no run's, any."""
    limit: float = 0.02
    """How much the metric may lose before int8 is refused."""
    score_limit: float | None = None
    """How far 95 % of the scores may be from those of float32, see
    `mien.training.eightbits.Limits`."""


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
            where = f"{one.pictures} pictures of {one.part}"
            if one.metric is not None:
                lines.append(
                    f"{one.metric} on {where}: {one.before:.3f} as fp32, {one.after:.3f} as "
                    f"{self.precision}"
                )
            else:
                lines.append(f"scores compared on {where}, which say nothing that it reads")
            lines.append(
                f"{100 * TYPICAL:.0f} % of the scores are within {one.typical:.4f} of fp32, all "
                f"within {one.difference:.4f}, as a share of their range"
            )
            if self.spared is not None and self.spared[0]:
                lines.append("{} of {} layers stayed fp32".format(*self.spared))
            slow, quick = (1000 * seconds for seconds in one.seconds)
            lines.append(f"CPU time per picture: {slow:.1f} ms as fp32, {quick:.1f} ms now")
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
    out = beside(file, wanted)
    if wanted.precision == "fp16":
        return halved(file, spec, out)
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


def beside(file: Path, wanted: Wanted) -> Path:
    """Where the smaller file goes: as wanted, or beside the one that is read.

    Raises:
        InputError: that is the one that is read.
    """
    out = wanted.out or file.with_name(f"{file.stem}.{wanted.precision}.onnx")
    if out.resolve() == file.resolve():
        raise InputError(f"{out} is the network that is read; write to another name")
    return out


def halved(file: Path, spec: ModelSpec, out: Path) -> Exported:
    """Write a network of float32 with weights stored as float16.

    Raises:
        WeightsError: it would say something else.
    """
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
    """Computed in 8 bits, with what that costs in a file beside it."""
    limits = Limits(wanted.limit, wanted.score_limit)
    measured, spared, digest = eight_bits(subject, out, wanted.data, limits)
    sizes = out.stat().st_size, measured.difference, subject.file.stat().st_size
    done = Exported(out, "int8", *sizes, measured, spared)
    with whole_file(report_path(out)) as file:
        values = {**asdict(done), "path": out.name, "data": digest}
        file.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return done


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
