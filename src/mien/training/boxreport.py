"""What a detector's run reports: its tables, published figures beside them, labelled pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from mien.data.boxloading import BoxDataset
from mien.evaluation.boxtable import BoxTable
from mien.evaluation.detection import Boxes
from mien.face.letterbox import letterbox
from mien.files import cannot_write, whole_file
from mien.training.boxrecipe import BoxRecipe
from mien.training.fit import Fitted
from mien.video.palette import colour_of
from mien.video.pictures import read_picture

__all__ = ["draw_pictures", "report"]

SHOWN = 16
"""Pictures that are drawn of a part."""
LEAST = 0.25
"""From which score boxes are drawn."""
TRUE = (255, 255, 255)
PARTS = {"val": "Validation", "test": "Test"}


def report(
    recipe: BoxRecipe,
    names: Sequence[str],
    notes: Sequence[str],
    tables: Mapping[str, BoxTable],
    fitted: Fitted,
) -> tuple[str, dict[str, object]]:
    """The report to be read, and as JSON."""
    text = f"# {recipe.name}\n\n"
    for part, table in tables.items():
        text += f"## {PARTS[part]}\n\n{table.to_markdown()}\n"
        text += f"Labelled pictures: `pictures/{part}` (white: the label).\n\n"
    if recipe.expected and tables:
        whole = next(iter(tables.values())).rows[0]
        text += "## Beside published figures\n\n| figure | here | published | where |\n"
        text += "| --- | ---: | ---: | --- |\n"
        for one in recipe.expected:
            mine = getattr(whole, one.metric, float("nan"))
            text += f"| {one.metric} | {mine:.3f} | {one.mean:.3f} | {one.source} |\n"
        text += "\n"
    chosen = fitted.lines[fitted.epoch]
    how = "the last: there is no validation part"
    if "validate.fitness" in chosen:
        how = f"chosen by 0.1 mAP50 + 0.9 mAP50-95 = {chosen['validate.fitness']:.3f}"
    text += f"## How\n\nEpoch {fitted.epoch} of {len(fitted.lines)} (from 0), {how}. "
    text += f"{recipe.model.name}, {recipe.data.size} pixels, "
    text += f"started from {recipe.model.start or 'random weights'}.\n"
    if notes:
        text += f"\n## Faults of the set ({len(notes)})\n\n"
        text += "".join(f"- {note}\n" for note in notes)
    values: dict[str, object] = {
        "recipe": recipe.name,
        "classes": list(names),
        "epoch": fitted.epoch,
        "notes": list(notes),
        **{part: table.to_values() for part, table in tables.items()},
    }
    return text, values


def draw_pictures(
    folder: Path,
    dataset: BoxDataset,
    said: Sequence[Boxes],
    true: Sequence[Boxes],
    names: Sequence[str],
) -> None:
    """Write some pictures of a part with the boxes that were found and, in white, those that are.

    Raises:
        InputError: the disk refuses.
    """
    places = np.linspace(0, len(dataset) - 1, min(SHOWN, len(dataset))).round().astype(int)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in sorted(set(places.tolist())):
            path = dataset.part.path[number]
            square, _ = letterbox(read_picture(path), dataset.size)
            drawn = _drawn(Picture.fromarray(square), said[number], true[number], names)
            with whole_file(folder / f"{path.stem}.jpg") as part:
                drawn.save(part, "JPEG", quality=90)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _drawn(picture: Picture.Image, said: Boxes, true: Boxes, names: Sequence[str]) -> Picture.Image:
    draw = ImageDraw.Draw(picture)
    for box, kind in zip(true.box.tolist(), true.kind.tolist(), strict=True):
        draw.rectangle(box, outline=TRUE)
        draw.text((box[0] + 2, box[3] - 12), names[kind], fill=TRUE)
    scores = np.zeros(len(said.kind)) if said.score is None else said.score
    for box, kind, score in zip(
        said.box.tolist(), said.kind.tolist(), scores.tolist(), strict=True
    ):
        if score > LEAST:
            shade = colour_of(kind)
            draw.rectangle(box, outline=shade, width=2)
            draw.text((box[0] + 2, box[1] + 2), f"{names[kind]} {score:.2f}", fill=shade)
    return picture
