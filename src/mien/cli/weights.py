"""mien weights: list, fetch, verify, carry to another machine."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, help="The networks: list, fetch, verify, carry to another machine."
)


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command("list")
def list_() -> None:
    """Show every network: what for, how large, which licence, where from, whether it is here."""
    from mien.weights.store import open_store

    rows = [("name", "what for", "size", "licence", "origin", "state")]
    for standing in open_store(_say).standings():
        network = standing.network
        size = f"{network.size / 1e6:.2f} MB" if network.size else ""
        texts = (network.name, network.purpose, size, network.licence, network.origin)
        rows.append((*texts, standing.state))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


@app.command()
def fetch(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="WHEEL|FOLDER", help="Take the face models from here."),
    ] = None,
) -> None:
    """Have the face models in the cache; damaged ones are made anew."""
    from mien.weights.store import open_store

    open_store(_say, source).fetch()


@app.command()
def verify() -> None:
    """Compute the hash of every file and say how it stands; fails if one cannot be used."""
    from mien.errors import WeightsError
    from mien.weights.store import open_store

    standings = open_store(_say).standings(thorough=True)
    for standing in standings:
        typer.echo(f"{standing.network.name}: {standing.state}")
    if broken := [item.network.name for item in standings if not item.usable]:
        raise WeightsError(
            f"{', '.join(broken)} cannot be used as it stands; run `mien weights fetch` or, for "
            "a network that comes with mien, install mien again"
        )


@app.command()
def pack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.")],
) -> None:
    """Write the face models into one zip, for a machine without a package index."""
    from mien.weights.bundle import pack as write
    from mien.weights.store import open_store

    write(open_store(_say), file)
    _say(
        f"{file} holds the face models ({file.stat().st_size / 1e6:.1f} MB); unpack it with "
        f"`mien weights unpack {file.name}`"
    )


@app.command()
def unpack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip that pack wrote.")],
) -> None:
    """Put the face models of a zip into the cache, after checking every hash."""
    from mien.weights.bundle import unpack as read
    from mien.weights.store import open_store

    store = open_store(_say)
    read(store, file)
    _say(f"the face models are ready in {store.folder}")
