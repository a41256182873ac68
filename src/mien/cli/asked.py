"""Options that several commands which read faces have, said once."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Default", "End", "Every", "Expression", "Faces", "Neutral", "Start"]

Neutral = Annotated[
    str,
    typer.Option(
        help="The person's neutral face: auto (the quietest part), none, a picture, a file of mien "
        "neutral, or a time such as 3.2s."
    ),
]
Every = Annotated[str | None, typer.Option(help="Read one frame per span of time, such as 0.2s.")]
Start = Annotated[str | None, typer.Option(help="Begin here: 12.5, 90s or 1:30.")]
End = Annotated[str | None, typer.Option(help="Stop here.")]
Faces = Annotated[int | None, typer.Option(help="Follow at most so many faces, the largest.")]
Expression = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.onnx",
        help="Also ask this network of expressions; its classes stand beside the emotions by FACS "
        "rules.",
    ),
]
Default = Annotated[
    str, typer.Option(help="How units are read: picture (mesh and picture), or mesh (lighter).")
]
