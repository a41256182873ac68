"""mien doctor: what is here, whether it works, and what to do where it does not."""

from typing import Annotated

import typer

__all__ = ["doctor"]


def doctor(
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch the face models if they are not here.")
    ] = False,
    seconds: Annotated[
        float,
        typer.Option("--seconds", min=0, max=3600, help="Length of the speed test; 0: none."),
    ] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of the work.")] = False,
) -> None:
    """Examine this installation; ends with 1 if something is broken.

    Packages, networks with their licences, a golden test of each network and of the whole chain,
    and a speed test. Nothing is fetched without --fetch. Names of the user, of the
    machine and of folders are taken out of the report: read it, and paste it into a bug report.
    """
    from mien.doctor.examine import Wanted, examine
    from mien.doctor.photo import find_photo
    from mien.weights.store import open_store

    store = open_store(say=lambda line: typer.echo(line, err=True))
    if not quiet:
        typer.echo(f"examining this installation, {seconds + 5:.0f} s or more", err=True)
    seen = examine(store, Wanted(find_photo(), seconds, fetch))
    typer.echo(seen.to_json() if json else "\n".join(seen.lines()))
    if seen.broken:
        raise typer.Exit(1)
