"""The pages: their Python runs, their links lead somewhere."""

import ast
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.house.pages import BLOCK, PAGES, ROOT

SLOW = {"train.md"}
"""Their blocks train a network."""

BLOCKS = [
    pytest.param(name, text, id=f"{name}-{number}", marks=[pytest.mark.slow] * (name in SLOW))
    for name, page in PAGES.items()
    for number, (kind, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")))
    if kind == "python"
]


def test_links_lead_to_pages_and_headings():
    broken = []
    for name, page in PAGES.items():
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, heading = target.partition("#")
            there = (page.parent / path).resolve() if path else page
            if not there.exists() or (heading and heading not in headings(there)):
                broken.append((name, target))
    assert broken == []


def headings(page: Path) -> set[str]:
    """Anchors of a page, as its headings give them."""
    found = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def test_every_page_is_in_the_contents():
    contents = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"([\w-]+\.md)"', contents)) == set(PAGES) - {"README.md"}


class Kit:
    """What the blocks find in the folder in which they run, made when a page needs it."""

    def __init__(self, folder, photo, clip, request):
        self.folder, self.photo, self.clip, self.request = folder, photo, clip, request

    def example(self, name, persons=3):
        """A small data set in the form it is given out."""
        from mien.data import data_set
        from mien.data.example import recordings

        data_set(name).write(self.folder / name, recordings(persons, 3, size=96))
        return self.folder / name

    def cache(self):
        """A cache of drawn faces under the name of the page."""
        from mien.data import read
        from mien.data.cache import prepare

        root = self.example("ckplus", persons=8)
        prepare(read("ckplus", root), self.folder / "cache", "box", 224, workers=1)
        shutil.rmtree(root)
        (self.folder / "cache").rename(self.folder / "ckplus")

    def forty(self):
        """Two pictures with a box each."""
        folder = self.folder / "forty"
        for part in ("train", "val"):
            (folder / part / "images").mkdir(parents=True)
            (folder / part / "labels").mkdir()
            shutil.copy(self.photo, folder / part / "images" / "a.png")
            (folder / part / "labels" / "a.txt").write_text("0 0.44 0.24 0.2 0.3\n")
        (folder / "data.yaml").write_text(
            "train: train/images\nval: val/images\nnames: [awake, sleep]\n"
        )

    def runs(self):
        """Two runs on prepared pictures."""
        from tests.comparison.made_runs import PARALLEL, run_of
        from tests.evaluation.coloured import cache_of

        cache = cache_of(self.folder)
        for name, weights in (("red", PARALLEL), ("dull", -PARALLEL)):
            run_of(self.folder / "runs" / name / "fold2", cache, weights, name=name)

    def portraits(self):
        """Links to the face model and to a few portraits."""
        shared, data = map(self.request.getfixturevalue, ("shared", "face_data"))
        (self.folder / "data").symlink_to(data)
        (self.folder / "portraits").mkdir()
        for path in sorted((shared / "data" / "portraits").glob("*.jpg"))[:12]:
            shutil.copy(path, self.folder / "portraits")


def prepare_page(page: str, text: str, kit: Kit, names: dict[str, object]) -> str:
    """Put down what a block needs, and make long work short."""
    if page == "datasets.md":
        return text.replace("/data/DISFA", str(kit.example("disfa")))
    if page == "preparing.md":
        names["root"] = kit.example("bp4d")
        return text.replace("workers=8", "workers=1").replace(", 200,", ", 64,")
    if page == "train.md":
        kit.cache()
        return text.replace("epochs=30", 'epochs=1", "model.start=')
    if page == "training.md":
        kit.portraits()
        return (
            text.replace("persons=200", "persons=2")
            .replace("frames=6", "frames=3")
            .replace("frames=10", "frames=3")
        )
    if page == "own-class.md":
        kit.forty()
    if page == "compare.md":
        kit.runs()
    if page == "outputs.md":
        import mien

        mien.analyze(kit.clip, end=0.5, output="clip.parquet")
    names |= {"pandas": pd, "image": kit.request.getfixturevalue("astronaut")}
    return text.replace("session.mp4", "clip.mp4").replace("camera:0", "clip.mp4")


@pytest.mark.parametrize(("page", "text"), BLOCKS)
def test_every_block_of_python_runs(page, text, tmp_path, photo, clip, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    shutil.copy(photo, tmp_path / "photo.jpg")
    if page != "animate.md":
        shutil.copy(clip, tmp_path / "clip.mp4")
    names: dict[str, object] = {"__name__": "__main__"}
    text = prepare_page(page, text, Kit(tmp_path, photo, clip, request), names)
    exec(compile(text, page, "exec"), names)
    for line in text.splitlines():
        expression, mark, said = line.partition("  # ")
        if mark and is_literal(said) and is_expression(expression):
            assert eval(expression, names) == ast.literal_eval(said), line


def is_literal(text: str) -> bool:
    """Whether a remark is a value."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def is_expression(text: str) -> bool:
    """Whether a line can be asked for its value."""
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return False
    return bool(text.strip())
