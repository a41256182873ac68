"""mien compare: several networks on the same pictures, as a table and as a page."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.comparison.compare import Choice, Compared
    from mien.comparison.entrants import Entrant
    from mien.data.cache import Cache
    from mien.training.recipe import Recipe

__all__ = ["compare"]

FACES = (("ffhq", 256),)
"""How faces are aligned for the default networks alone, which find them anew."""
FOLDS, LEVEL = 10, 0.5
"""How many folds and which threshold, unless told."""


def compare(  # noqa: PLR0913 - one parameter for each option
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN|FILE.onnx|default...",
            help="Run folders, of one fold or with all of them, or networks; default: those that "
            "mien analyze uses, default:mesh: of these the ones that read the mesh alone.",
            show_default=False,
        ),
    ],
    on: Annotated[
        list[str],
        typer.Option(
            "--on",
            metavar="CACHE|NAME|DATA.yaml",
            help="What mien datasets prepare made; again for every alignment that is read. Or the "
            "name of a data set with --root. For detectors a data.yaml.",
            show_default=False,
        ),
    ],
    fold: Annotated[
        str, typer.Option(help="Which fold of the runs: a number, or all. [the only one]")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for compare.html, compare.json, scores.csv, disagreements.csv."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder of your copy, where --on is a name.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Keep the pictures that are prepared here.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(help="Divide the set by this protocol. [as the runs did]")
    ] = "",
    folds: Annotated[
        int, typer.Option(min=2, help="How many, where --protocol leaves it open.")
    ] = FOLDS,
    present: Annotated[
        float | None,
        typer.Option(
            min=0, max=5, help="Intensity from which a unit is present. [the runs', or 1]"
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Probability from which it is said to be present.")
    ] = LEVEL,
    metric: Annotated[
        str,
        typer.Option(help="That pairs are compared by. [f1, pcc, accuracy or map50, by the task]"),
    ] = "",
    cost: Annotated[
        bool, typer.Option("--cost/--no-cost", help="Measure time, memory, size, operations.")
    ] = True,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures", help="Put the pictures into the page on which networks differ most."
        ),
    ] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help="Compare though a network learned from persons of these pictures, or from "
            "another set; every table says so.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Set networks side by side: scores with intervals by person, what tells them apart, costs.

    All are asked of the same pictures, the test part of a fold that none of them learned from.
    Detectors are compared with one another, on a data.yaml.
    """
    from mien.cli.comparedboxes import Asked, compare_detectors
    from mien.cli.preparing import number_of
    from mien.cli.progress import counting, showing_progress
    from mien.comparison.compare import Choice
    from mien.comparison.compare import compare as side_by_side
    from mien.comparison.detectors import are_detectors
    from mien.comparison.entrants import open_entrants
    from mien.comparison.learning import learned_of
    from mien.comparison.writing import check_folder, write_comparison

    number = number_of(fold) if fold else None
    choice = Choice(
        number,
        bool(fold) and number is None,
        protocol,
        folds,
        present,
        threshold,
        metric,
        anyway,
        cost,
    )
    if out is not None:
        check_folder(out)
    if are_detectors(runs):
        strange = {"--fold": fold, "--protocol": protocol, "--root": root, "--cache": cache,
                   "--present": present, "--folds": "" if folds == FOLDS else folds,
                   "--threshold": "" if threshold == LEVEL else threshold}  # fmt: skip
        compare_detectors(
            Asked(runs, on, metric, anyway, cost, out, pictures, quiet),
            [name for name, value in strange.items() if value not in ("", None)],
        )
        return
    entrants = open_entrants(runs)
    with TemporaryDirectory(prefix="mien-") as spare, showing_progress(quiet, "pictures") as show:

        def tell(name: str, done: int, of: int) -> None:
            counting(show, name)(done, of)

        caches = _prepared(on, root, cache or Path(spare), entrants)
        typed = _command(runs, on, root, choice)
        compared = side_by_side(entrants, caches, choice, typed, tell)
        files: tuple[Path, ...] = ()
        if out is not None:
            learned = [
                one
                for place, standing in enumerate(compared.standings)
                for stand in standing.stands
                if (one := learned_of(place, stand, _recipe)) is not None
            ]
            files = write_comparison(compared, learned, out, show=pictures)
    _show(compared)
    for file in files:
        typer.echo(str(file))


def _prepared(
    on: Sequence[str], root: Path | None, folder: Path, entrants: "Sequence[Entrant]"
) -> "list[Cache]":
    """The prepared pictures: folders, or a data set prepared now for every alignment."""
    from mien.comparison.shipped import Shipped
    from mien.data import DATASETS, read
    from mien.data.cache import open_cache, prepare
    from mien.errors import InputError

    if root is None:
        for one in on:
            if one in DATASETS and not Path(one).is_dir():
                raise InputError(
                    f"{one} is the name of a data set; name the folder of your copy with --root, "
                    "or a folder that mien datasets prepare made"
                )
        return [open_cache(Path(one)) for one in on]
    if len(on) != 1:
        raise InputError(f"--root is the copy of one data set, and --on names {len(on)}")
    index = read(on[0], root)
    asked = [one for entrant in entrants for one in entrant.subjects()]
    specs = [one.spec for one in asked if not isinstance(one, Shipped)]
    strange = [spec for spec in specs if spec.reads != "crop"]
    if strange:
        raise InputError(
            f"{strange[0].name} reads the {strange[0].reads}, expected networks of crops"
        )
    kinds = dict.fromkeys((spec.template, spec.aligned or spec.size) for spec in specs) or FACES
    caches = []
    for template, side in kinds:
        place = folder / f"{on[0]}-{template}-{side}"
        place.mkdir(parents=True, exist_ok=True)
        caches.append(prepare(index, place, template, side))
    return caches


def _recipe(name: str) -> "Recipe | None":
    """A recipe as it comes with mien."""
    from mien.recipes import RECIPES

    return RECIPES[name]() if name in RECIPES else None


def _command(runs: Sequence[Path], on: Sequence[str], root: Path | None, choice: "Choice") -> str:
    """What gives the same figures again, with the values of all options that decide on them."""
    words = ["mien", "compare", *map(str, runs)]
    for one in on:
        words += ["--on", one]
    if root is not None:
        words += ["--root", str(root)]
    if choice.every or choice.fold is not None:
        words += ["--fold", "all" if choice.every else str(choice.fold)]
    if choice.protocol:
        words += ["--protocol", choice.protocol, "--folds", str(choice.folds)]
    if choice.present is not None:
        words += ["--present", f"{choice.present:g}"]
    words += ["--threshold", f"{choice.threshold:g}"]
    if choice.metric:
        words += ["--metric", choice.metric]
    words += ["--anyway"] * choice.anyway + ["--no-cost"] * (not choice.cost)
    return shlex.join(words)


def _show(compared: "Compared") -> None:
    """The tables for the screen, warnings and notes beside them."""
    from mien.cli.comparisons import comparison_lines

    for line in compared.about.warnings:
        typer.echo(f"warning: {line}", err=True)
    for line in compared.notes:
        typer.echo(f"note: {line}", err=True)
    for standing in compared.standings:
        for line in standing.notes:
            typer.echo(f"note: {standing.entrant.name}: {line}", err=True)
    for line in comparison_lines(compared):
        typer.echo(line)
