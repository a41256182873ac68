"""mien evaluate and mien export: a network's figures on any data set, its smaller files."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.data.cache import Cache
    from mien.spec import ModelSpec
    from mien.training.exporting import Exported, Wanted

__all__ = ["evaluate", "export"]

Model = Annotated[
    Path,
    typer.Argument(
        metavar="RUN|FILE.onnx", help="A run folder, or its network.", show_default=False
    ),
]
Data = Annotated[
    str,
    typer.Argument(
        metavar="CACHE|NAME",
        help="What mien datasets prepare made, or a data set's name with --root.",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def evaluate(  # noqa: PLR0913 - one parameter for each option
    model: Model,
    data: Data,
    root: Annotated[
        Path | None, typer.Option(help="Folder of your copy, where DATA is a name.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep the pictures that are prepared here.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="Divide the set by this protocol. [the run's own, or not at all]")
    ] = "",
    fold: Annotated[int, typer.Option(min=1, help="Which fold of --protocol.")] = 1,
    folds: Annotated[int, typer.Option(min=2, help="How many, where it leaves it open.")] = 10,
    part: Annotated[
        str, typer.Option(help="train, validate, test, one that the set names, or all.")
    ] = "",
    present: Annotated[
        float | None,
        typer.Option(
            min=0, max=5, help="Intensity from which a unit is present. [the run's, or 1]"
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Probability from which it is said to be present.")
    ] = 0.5,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.md, report.json, predictions.parquet.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Score a network on prepared pictures of any data set, through its ONNX file.

    On the data set of its run it is the test part of the run's fold, elsewhere all pictures.
    """
    from mien.cli.progress import counting, showing_progress
    from mien.cli.scores import score_lines
    from mien.training import evaluating
    from mien.training.subject import open_subject

    subject = open_subject(model)
    choice = evaluating.Choice(protocol, fold, folds, part, present, threshold)
    with TemporaryDirectory(prefix="mien-") as spare, showing_progress(quiet) as show:
        pictures = _pictures(data, root, cache or Path(spare) / "cache", subject.predictor.spec)
        trial = evaluating.run_trial(subject, pictures, choice, counting(show, data))
        files = evaluating.write_trial(trial, pictures.index, out) if out is not None else ()
    for line in score_lines(trial.table):
        typer.echo(line)
    for line in trial.evaluated.notes:
        typer.echo(f"note: {line}", err=True)
    for line in trial.warnings:
        typer.echo(f"warning: {line}", err=True)
    for file in files:
        typer.echo(str(file))


def _pictures(data: str, root: Path | None, cache: Path, spec: "ModelSpec") -> "Cache":
    """The prepared pictures: a folder, or a data set prepared now as the network needs it."""
    from mien.data import DATASETS, read
    from mien.data.cache import open_cache, prepare
    from mien.errors import InputError

    if root is None:
        if data in DATASETS and not Path(data).is_dir():
            raise InputError(
                f"{data} is the name of a data set; name the folder of your copy with --root, or "
                "a folder that mien datasets prepare made"
            )
        return open_cache(Path(data))
    if spec.reads != "crop":
        raise InputError(f"{spec.name} reads the {spec.reads}, expected a network of crops")
    index = read(data, root)
    return prepare(index, cache, spec.template, spec.aligned or spec.size)


def export(  # noqa: PLR0913 - one parameter for each option
    model: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN|FILE...",
            help="A run folder, or its network; with --official the authors' files.",
            show_default=False,
        ),
    ],
    precision: Annotated[
        str, typer.Option(help="fp32, fp16 (half the size) or int8 (a quarter, and faster).")
    ] = "fp32",
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write; with --official that of fp32, and a smaller one comes beside it. "
            "[model.int8.onnx beside the network]"
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The prepared data set of the run, from whose training part int8 learns; of any "
            "other file prepared faces like yours."
        ),
    ] = None,
    limit: Annotated[
        float, typer.Option(min=0, help="How much the metric may lose before int8 is refused.")
    ] = 0.02,
    score_limit: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="How far 95 % of int8's scores may be from fp32's; layers stay fp32 until it "
            "holds. [0.01 for graphs of units, 0.02 for files that are no run's]",
        ),
    ] = None,
    official: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The files are checkpoints of the authors of jaanet (six, or one), megraphau, "
            "opengraphau, mae-teacher, posterv2, or of a student: student-intensity, "
            "student-occurrence, student-expression, student-combined.",
        ),
    ] = "",
    classes: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME",
            help="Of --official posterv2: its expressions in the order of its outputs.",
        ),
    ] = "",
) -> None:
    """Write a run's network as an ONNX file with its card inside, whole or made smaller.

    Authors' checkpoints are read as plain tensors only; a smaller file is made of the fp32 one.
    """
    from mien.errors import InputError
    from mien.training import exporting

    wanted = exporting.Wanted(exporting.precision_of(precision), out, data, limit, score_limit)
    if official:
        if wanted.precision == "int8" and data is None:
            raise InputError(
                "int8 takes its ranges from pictures; name a prepared set of faces like yours "
                "with --data"
            )
        names = tuple(name.strip() for name in classes.split(",") if name.strip())
        _tell(_official(official, model, out, names))
        if wanted.precision != "fp32":
            file = out or Path(f"{official}.onnx")
            _tell(exporting.export_run(file, replace(wanted, out=None)))
        return
    if classes:
        raise InputError("--classes is for --official; a run's network knows its own")
    if len(model) != 1:
        raise InputError(
            f"{len(model)} networks came, expected one run folder or file; several files are for "
            "--official"
        )
    _tell(_export(model[0], wanted))


def _export(model: Path, wanted: "Wanted") -> "Exported":
    """A network of faces, or a detector."""
    from mien.errors import InputError
    from mien.runtime import find_model
    from mien.training.boxexport import export_detector, is_detector
    from mien.training.exporting import export_run

    try:
        file = find_model(model)
    except InputError:  # a run that has a checkpoint and no file yet
        return export_run(model, wanted)
    return export_detector(file, wanted) if is_detector(file) else export_run(model, wanted)


def _official(
    name: str, files: list[Path], out: Path | None, classes: tuple[str, ...]
) -> "Exported":
    """The network of authors' checkpoints as a file."""
    from mien.errors import MissingExtra

    try:
        from mien.training.official import export_official
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "torch", "train", "read a checkpoint") from error
    return export_official(name, files, out or Path(f"{name}.onnx"), classes)


def _tell(done: "Exported") -> None:
    """What was written, and what it costs."""
    for line in done.lines():
        typer.echo(line)
