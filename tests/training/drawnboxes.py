"""A tiny set with boxes: bright squares on dark grounds, of two classes by their colour."""

import numpy as np
from PIL import Image

__all__ = ["COLOURS", "NAMES", "draw", "write_set"]

NAMES = ("red", "green")
COLOURS = ((230, 40, 40), (40, 230, 40))


def draw(rng, kind, side=64):
    """A picture and its box as shares."""
    image = rng.integers(0, 60, (side, side, 3), np.uint8)
    wide = int(rng.integers(side // 4, side // 2))
    x, y = (int(one) for one in rng.integers(0, side - wide, 2))
    image[y : y + wide, x : x + wide] = COLOURS[kind]
    return image, ((x + wide / 2) / side, (y + wide / 2) / side, wide / side, wide / side)


def write_set(folder, **counts):
    """A data.yaml with so many pictures of each part."""
    rng = np.random.default_rng(0)
    for part, count in counts.items():
        for inner in ("images", "labels"):
            (folder / part / inner).mkdir(parents=True)
        for number in range(count):
            image, box = draw(rng, number % 2)
            name = f"{part}-{number}"
            Image.fromarray(image).save(folder / part / "images" / f"{name}.png")
            text = f"{number % 2} " + " ".join(f"{one:.6f}" for one in box)
            (folder / part / "labels" / f"{name}.txt").write_text(text + "\n")
    lines = [f"{part}: {part}/images" for part in counts]
    (folder / "data.yaml").write_text("\n".join([*lines, f"names: [{', '.join(NAMES)}]", ""]))
    return folder / "data.yaml"
