"""mien datasets: copies of data sets listed, checked and prepared; data made from nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from mien.data.labels import Index

__all__ = ["DATA", "Data", "Quiet", "app"]

app = typer.Typer(no_args_is_help=True, help="Check, prepare and make the data networks learn.")

Kind = Literal["planted", "rendered", "drawn"]
Name = Annotated[
    str, typer.Argument(help="Of the data set, see: mien datasets list.", show_default=False)
]
Root = Annotated[
    Path, typer.Option("--root", help="Folder of your copy; never written to.", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Data = Annotated[Path, typer.Option("--data", help="Folder that holds all data of the training.")]
DATA = Path("data")

MOST_SKIPPED = 10
"""Pictures that could not be aligned that are named; the cache has them all."""


@app.callback()
def _datasets() -> None:
    """Check, prepare and make the data networks learn."""


@app.command("list")
def list_() -> None:
    """Name every data set that can be read, what it labels, and how to have it."""
    from mien.data import DATASETS

    for name, entry in DATASETS.items():
        typer.echo(f"{name:<15} {entry.title}")
        for what, units in entry.units._asdict().items():
            if units:
                typer.echo(f"{'':<15} {what}: AU {', '.join(map(str, units))}")
        typer.echo(f"{'':<15} {entry.terms}")


@app.command("check")
def check(  # noqa: PLR0913 - one parameter for each option
    name: Name,
    root: Root,
    out: Annotated[
        Path | None, typer.Option(help="Write an index of what is without fault: .parquet.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write all that was found, as JSON.")] = None,
    sample: Annotated[
        int, typer.Option(min=0, help="Pictures in which the face is looked for.")
    ] = 1000,
    every: Annotated[
        bool, typer.Option("--every", help="Decode every picture, not a sample.")
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="Findings of each kind that are shown.")] = 3,
    quiet: Quiet = False,
) -> None:
    """Look a copy through: files, labels, landmarks, and whether they are in step.

    Ends with 0 if it is clean, 1 if not, 2 if it cannot be read at all.
    """
    from mien.cli.checked import lines
    from mien.cli.progress import showing_progress
    from mien.data import data_set, read
    from mien.data.checking import check as look_through
    from mien.data.checkreport import write_report
    from mien.data.findings import Findings
    from mien.data.index_files import write_index
    from mien.files import by_suffix, check_place

    for path in (out, report):
        if path is not None:
            _outside(path, root)
            check_place(path)
    if out is not None:
        by_suffix(out, {".parquet": None}, "an index")
    findings = Findings()
    with showing_progress(quiet, "pictures") as progress:
        index = read(name, root, findings)
        found = look_through(index, findings, sample=sample, every=every, progress=progress)
    for line in lines(found, data_set(name).title, show):
        typer.echo(line)
    if report is not None:
        write_report(found, report)
        typer.echo(f"Report: {report}")
    if out is not None:
        write_index(index.take(found.good), out)
        typer.echo(f"Index of {len(found.good)} pictures: {out}")
    if not found.clean:
        raise typer.Exit(1)


@app.command("prepare")
def prepare(  # noqa: PLR0913 - one parameter for each option
    name: Name,
    root: Root,
    out: Annotated[Path, typer.Option(help="Folder of the prepared pictures.", show_default=False)],
    template: Annotated[
        str, typer.Option(help="How faces are aligned: jaanet, megraphau, ffhq, box, whole.")
    ] = "jaanet",
    size: Annotated[int, typer.Option(min=16, help="Side of the aligned pictures.")] = 200,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    index: Annotated[
        Path | None, typer.Option(help="Take the rows of an index that check wrote.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Align all pictures once, for training; a run that was stopped goes on where it was."""
    from mien.cli.progress import counting, showing_progress
    from mien.data import cache

    _outside(out, root)
    rows = _index(name, root, index)
    with showing_progress(quiet, "pictures") as show:
        tell = counting(show, out)
        made = cache.prepare(rows, out, template, size, workers=workers, progress=tell)
    typer.echo(f"{len(made)} pictures, {made.template} at {made.aligned} px, in {out}")
    skipped = made.skipped
    for entry in skipped[:MOST_SKIPPED]:
        typer.echo(f"left out: {entry.path}: {entry.what}", err=True)
    if len(skipped) > MOST_SKIPPED:
        typer.echo(f"left out: {len(skipped) - MOST_SKIPPED} more", err=True)


@app.command("example")
def example(
    name: Name,
    root: Annotated[
        Path, typer.Option("--root", help="Folder to be, empty or missing.", show_default=False)
    ],
    persons: Annotated[int, typer.Option(min=1, help="How many.")] = 3,
) -> None:
    """Write drawn faces in the exact format of a data set, to try every step on."""
    from mien.data.example import write_example

    write_example(name, root, persons)
    typer.echo(f"an example copy of {name} with {persons} drawn persons in {root}")
    typer.echo(f"look it through with: mien datasets check {name} --root {root}")


@app.command("synthesize")
def synthesize(  # noqa: PLR0913 - one parameter for each option
    kind: Annotated[
        Kind,
        typer.Argument(
            help="planted: portraits of yours warped by units; rendered: heads of the face model; "
            "drawn: drawn faces, for which nothing is needed.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the pictures.", show_default=False)],
    persons: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
    frames: Annotated[int, typer.Option(min=2, help="Pictures of each.")] = 6,
    seed: Annotated[int, typer.Option(help="The same number gives the same pictures.")] = 0,
    size: Annotated[int, typer.Option(help="Side of the pictures in pixels.")] = 256,
    portraits: Annotated[
        Path | None, typer.Option(help="Folder of portraits, for planted ones.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the face model, for planted and rendered ones.")
    ] = None,
    any_expression: Annotated[
        bool, typer.Option("--any-expression", help="Take portraits that smile or talk as well.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make pictures with exact intensities of their action units: a data set of the kind table.

    What was stopped goes on; with more persons the same set grows.
    """
    from mien.cli.progress import counting, showing_progress
    from mien.data.synthesize import synthesize as make

    with showing_progress(quiet, "persons") as show:
        table = make(
            kind,
            out,
            persons=persons,
            frames=frames,
            seed=seed,
            size=size,
            portraits=portraits,
            data=data,
            quiet=not any_expression,
            progress=counting(show, out),
        )
    typer.echo(f"{table} names the pictures and their labels")
    typer.echo(f"look it through with: mien datasets check table --root {out}")


@app.command("ict")
def ict(
    source: Annotated[Path, typer.Option("--source", help="A checkout of ICT-VGL/ICT-FaceKit.")],
    data: Data = DATA,
) -> None:
    """Read the public face model (MIT), and cut it down to the points of the mesh."""
    from mien.data import ict as model

    model.prepare(source, data)
    head, mesh = data / model.HEAD_FILE, data / model.MESH_FILE
    typer.echo(f"{head}, {mesh} and the model's licence are ready")


@app.command("render")
def render(
    data: Data = DATA,
    persons: Annotated[int, typer.Option(min=1, help="Six pictures of each.")] = 1900,
    still: Annotated[
        bool, typer.Option("--still", help="The same persons, each with the head kept still.")
    ] = False,
) -> None:
    """Render heads and keep the meshes found on them: 0.07 s of CPU time per picture."""
    from mien.data import finding, head, ict, rendered

    folder = data / (rendered.STILL_FOLDER if still else rendered.FOLDER)
    parts = head.load(data), ict.load(data), finding.open_finder()
    rendered.make(*parts, range(persons), folder, still=still)
    typer.echo(f"{len(rendered.read(folder).person)} meshes of rendered heads in {folder}")


@app.command("plant")
def plant(
    portraits: Annotated[Path, typer.Option("--portraits", help="Folder of portraits.")],
    data: Data = DATA,
    rounds: Annotated[int, typer.Option(min=1, help="Groups of six per portrait.")] = 2,
) -> None:
    """Warp portraits by planted units and keep the meshes found on them: 0.06 s per picture."""
    from mien.data import finding, ict
    from mien.data import portraits as planted
    from mien.files import check_place

    find, model = finding.open_finder(), ict.load(data)
    judged = data / planted.EVALUATION_FILE
    learned = [data / planted.GROUPS_FILE.format(number) for number in range(1, rounds + 1)]
    for path in (judged, *learned):
        check_place(path)
    kept, others = planted.split(planted.read(portraits, find))
    planted.write(planted.evaluation(kept, model, find), judged)
    for number, path in enumerate(learned, 1):
        planted.write(planted.groups(others, model, find, number), path)
    typer.echo(f"planted on {len(kept)} portraits to evaluate and {len(others)} to learn from")


@app.command("crops")
def crops(
    portraits: Annotated[Path, typer.Option("--portraits", help="Folder of portraits.")],
    data: Data = DATA,
    shards: Annotated[int, typer.Option(min=1, help="1200 crops in each.")] = 170,
) -> None:
    """Planted crops for the picture network: 0.03 s of CPU time and 38 kB each; goes on."""
    import numpy as np

    from mien.cli.progress import counting, showing_progress
    from mien.data import crops as groups
    from mien.data import finding, ict, portraitset
    from mien.files import check_place
    from mien.runtime import Predictor
    from mien.values import Float32
    from mien.weights.store import model_path

    network = Predictor(model_path("au-mesh"))

    def reader(features: Float32) -> Float32:
        found = network.score(features).intensity
        return features[:, :0] if found is None else found * np.float32(0.2)

    model = ict.load(data)
    check_place(data / portraitset.FILE)
    found, pictures = portraitset.gather(portraits, finding.open_finder(), reader)
    portraitset.write(found, data / portraitset.FILE)
    folder = data / groups.FOLDER
    with showing_progress(False, "shards") as show:
        tell = counting(show, folder)
        for part, numbers, place in (
            ("development", range(groups.JUDGED, groups.JUDGED + 1), data / groups.EXAM),
            ("training", range(shards), folder),
        ):
            mine = [one for one, its in zip(pictures, found.part, strict=True) if its == part]
            shown = found.take(part).shown
            groups.make(mine, shown, model, numbers, place, lambda n: tell(n + 1, shards))
    learned = int((found.part == "training").sum())
    typer.echo(f"{learned} portraits to learn from; {shards} shards in {folder}")


@app.command("exam")
def exam(
    portraits: Annotated[Path, typer.Option("--portraits", help="Folder of portraits.")],
    data: Data = DATA,
) -> None:
    """Planted portraits that the picture network is fitted and judged by: 0.1 s per picture."""
    from mien.cli.progress import counting, showing_progress
    from mien.data import finding, ict, portraitexam
    from mien.data import portraits as planted
    from mien.data.parts import part_of
    from mien.files import check_place

    model, find = ict.load(data), finding.open_finder()
    files = {part: data / portraitexam.exam_file(part) for part in ("development", "evaluation")}
    for path in files.values():
        check_place(path)
    every = planted.read(portraits, find)
    with showing_progress(False, "portraits") as show:
        for part, path in files.items():
            chosen = [
                one
                for name, one in every.items()
                if part_of(name) == part and not planted.is_turned(one.mesh)
            ]
            portraitexam.make(chosen, model, find, path, counting(show, path))
            typer.echo(f"{path}: {len(chosen)} portraits")


def _index(name: str, root: Path, path: Path | None) -> "Index":
    """The rows to prepare: of a clean index, or all of a copy without faults."""
    from dataclasses import replace

    from mien.data import data_set, read
    from mien.data.index_files import read_index
    from mien.errors import InputError

    data_set(name)
    if path is None:
        return read(name, root)
    index = read_index(path)
    if index.name != name:
        raise InputError(f"{path} is an index of {index.name}, expected one of {name}")
    if not root.is_dir():
        raise InputError(f"there is no folder {root}; name the folder of your copy of {name}")
    return replace(index, root=root)


def _outside(path: Path, root: Path) -> None:
    """Refuse to write into the copy that is checked."""
    from mien.errors import InputError

    if root.resolve() in path.resolve().parents:
        raise InputError(
            f"{path} lies in the copy that is checked, which is never written to; "
            "choose another folder"
        )
