"""What Google's face landmarker reads from portraits: the table for --teacher and MIEN_REFERENCE.

    python benchmarks/blendshapes.py PORTRAITS face_landmarker.task teacher.csv

In an environment of its own, with mediapipe alone: nothing of mien is needed. The network gives 52
blendshapes (Apache-2.0); those that say next to nothing, of 6, 9 and 33, are left out. The recipe
takes 1, 2, 4, 5 and 7 from the table (`PictureRecipe.taught`), whatever else is in it.
"""

import csv
import sys
from pathlib import Path

SIDED = {
    1: "browInnerUp", 2: "browOuterUp", 4: "browDown", 5: "eyeWide", 7: "eyeSquint",
    10: "mouthUpperUp", 12: "mouthSmile", 14: "mouthDimple", 15: "mouthFrown",
    16: "mouthLowerDown", 20: "mouthStretch", 24: "mouthPress", 43: "eyeBlink",
}  # fmt: skip
"""Blendshape of each sided unit; that of 1 has no sides and stands for both."""
CENTRAL = {
    17: ("mouthShrugLower",), 18: ("mouthPucker",), 22: ("mouthFunnel",), 26: ("jawOpen",),
    28: ("mouthRollUpper", "mouthRollLower"),
}  # fmt: skip


def main(portraits: Path, model: Path, table: Path) -> None:
    """Write one line for each portrait on which a face is found."""
    from mediapipe import Image
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), output_face_blendshapes=True
    )
    columns = _columns()
    lines = []
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for path in sorted([*portraits.glob("*.jpg"), *portraits.glob("*.png")]):
            found = landmarker.detect(Image.create_from_file(str(path))).face_blendshapes
            if found:
                level = {shape.category_name: shape.score for shape in found[0]}
                means = (
                    sum(level[name] for name in names) / len(names) for names in columns.values()
                )
                lines.append([path.name, *(f"{mean:.4f}" for mean in means)])
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file", *columns], *lines])
    print(f"{len(lines)} portraits in {table}")


def _columns() -> dict[str, tuple[str, ...]]:
    """For each column of the table the blendshapes of which it is the mean."""
    out = {}
    for unit, name in SIDED.items():
        for side in ("Left", "Right"):
            out[f"AU{unit}_{side[0]}"] = (name if unit == 1 else name + side,)
    return out | {f"AU{unit}": names for unit, names in CENTRAL.items()}


if __name__ == "__main__":
    main(*(Path(one) for one in sys.argv[1:4]))
