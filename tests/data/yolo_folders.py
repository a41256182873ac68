"""Small folders of pictures with YOLO labels; nothing in them is opened but text."""

from pathlib import Path


def export(root: Path, yaml: str | None = None, splits=("train", "valid"), per: int = 2) -> Path:
    """A folder as Roboflow exports it: data.yaml one level too high, each picture with a label."""
    for number, split in enumerate(splits):
        for kind in ("images", "labels"):
            (root / split / kind).mkdir(parents=True)
        for picture in range(per):
            stem = f"{split}{picture}_jpg.rf.{number}{picture}ab"
            (root / split / "images" / f"{stem}.jpg").touch()
            text = f"{picture % 2} 0.5 0.5 0.25 0.5\n"
            (root / split / "labels" / f"{stem}.txt").write_text(text)
    text = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\n"
    text += "names: ['awake', 'sleep']\n\nroboflow:\n  workspace: w\n  version: 1\n"
    (root / "data.yaml").write_text(text if yaml is None else yaml)
    return root / "data.yaml"
