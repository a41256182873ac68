"""What the lines of the pages find in the folder in which they run, by the names the pages use."""

import re
import shutil
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image
from PIL import ImageOps

import mien
from mien.animation.events import Event, Script
from mien.animation.warp import Puppet
from mien.cli import app
from mien.data import cache as prepared
from mien.data import data_set, read
from mien.data.example import recordings
from mien.data.index_files import write_index
from mien.recipes import RECIPES
from mien.training.overrides import override
from mien.training.recipe import Recipe
from mien.video.writer import VideoWriter
from mien.weights.bundle import pack
from mien.weights.store import open_store
from tests.comparison import made_faces
from tests.comparison.made_runs import run_of
from tests.crop_networks import card, write
from tests.evaluation.coloured import cache_of

OUTPUTS = ("-o", "--out", "--output", "--annotate", "--mesh", "--report", "--runs")
"""Options whose file or folder a line makes itself."""
SMILES = Script((Event({(12, ""): -4.0}, start=0.3, duration=0.6, ramp=0.2),), 1.2, 10)
UNITS = 1, 2, 4, 7, 12
PERSONS = 12
"""Of whom something is learned: enough for ten folds and for all parts of BP4D and DISFA."""

QUICK = ("trainer.epochs=1", "schedule.warmup=0", "trainer.workers=0", "data.batch=4")
SMALL = {
    "ckplus": ("model.start=", "data.aligned=72", "data.size=64", "optim.rates.features=1"),
    "jaanet": (
        "model.start=",
        "data.weights=none",
        "model.options.size=64",
        "data.aligned=72",
        "data.size=64",
    ),
    "megraphau": (
        "model.start=",
        "data.weights=none",
        "model.options.backbone=resnet18",
        "data.aligned=72",
        "data.size=64",
    ),
    "rafdb": ("model.start=", "data.aligned=36", "data.size=32"),
    "yolo": ("data.size=64", "data.batch=2"),
}
"""Settings with which recipes run in seconds, by what their names begin with."""


def quick(recipe: str) -> list[str]:
    """Changes that make a run short."""
    more = (changes for name, changes in SMALL.items() if recipe.startswith(name))
    return [*QUICK, *(change for changes in more for change in changes)]


def shortened(recipe: str) -> Recipe:
    """A recipe with them."""
    return override(RECIPES[recipe](), quick(recipe))


class Store:
    """What is made once and laid into every folder that needs it.

    Args:
        folder: for all of it.
        face: a picture of one face, (h, w, 3).
        ask: gives a fixture by its name, or skips the test.
    """

    def __init__(self, folder: Path, face: np.ndarray, ask: Callable[[str], Path]) -> None:
        self.folder, self.face, self.ask = folder, face, ask
        self.packed, self.trained = cache(self._packed), cache(self._trained)
        self.photo, self.clip, self.neutral = map(cache, (self._photo, self._clip, self._neutral))
        self.copy, self.crops = cache(self._copy), cache(self._crops)
        self.coloured = cache(lambda: cache_of(folder / "coloured"))
        self.drawn = cache(lambda: made_faces.caches_of(folder / "drawn"))

    def _photo(self) -> Path:
        path = self.folder / "photo.png"
        PIL.Image.fromarray(self.face).save(path)
        return path

    def _clip(self) -> Path:
        """A smile is taken back for a while; the same face for half a second at 3 s, and at 90."""
        path = self.folder / "clip.mp4"
        height, width = self.face.shape[:2]
        puppet = Puppet(self.face, mien.find_faces(self.face)[0])
        with VideoWriter(path, width, height) as writer:
            for time in SMILES.times:
                writer.write(puppet.picture(SMILES.at(time)), time)
            for start in (3.0, 90.0):
                for number in range(4):
                    writer.write(self.face, start + number / 10)
        return path

    def _neutral(self) -> Path:
        path = self.folder / "kept.neutral"
        app(["neutral", str(self.clip()), "-o", str(path), "-q"], standalone_mode=False)
        return path

    def _packed(self) -> Path:
        path = self.folder / "models.zip"
        pack(open_store(), path)
        return path

    def _trained(self, name: str) -> Path:
        """The run of a recipe, as short as it can be."""
        scratch, runs = Scratch(self.folder / f"of-{name}", self), self.folder / "runs"
        words = ["mien", "train", name, "--data", "forty/data.yaml"]
        if name in RECIPES:
            words[-1] = "data"
        scratch.root.mkdir(exist_ok=True)
        scratch.lay(words)
        changes = [word for change in quick(name) for word in ("--set", change)]
        where = ["--data", str(scratch.root / words[-1]), "--runs", str(runs), "-q"]
        app(["train", name, *where, *changes], standalone_mode=False)
        return runs / name / "fold1" if name in RECIPES else runs / name

    def _copy(self, name: str, persons: int = 3) -> Path:
        """A copy of a data set with small drawn pictures; of many persons with many expressions."""
        root = self.folder / f"{name}-{persons}"
        shown = recordings(persons, 2, size=128, each=3 if persons >= PERSONS else 1)
        data_set(name).write(root, shown)
        return root

    def _crops(self, name: str, template: str, size: int, persons: int) -> Path:
        """Such a copy, prepared."""
        folder = self.folder / f"{name}-{template}-{size}-{persons}"
        prepared.prepare(read(name, self.copy(name, persons)), folder, template, size)
        return folder


class Scratch:
    """A folder, and what is laid into it.

    Args:
        root: the folder.
        store: where it comes from.
    """

    def __init__(self, root: Path, store: Store) -> None:
        self.root, self.store = root, store
        self.words: list[str] = []

    def lay(self, words: list[str]) -> None:
        """Put down what the words of a line name, unless the line makes it itself."""
        self.words = words
        written = (*OUTPUTS, "--root") if "example" in words else OUTPUTS
        pairs = list(pairwise(words))
        made = {word for before, word in pairs if before in written}
        learned = words[2] if words[1] == "train" else ""
        for before, word in pairs:
            # --set model.start=runs/faces names a file as well
            for name in (word, word.rpartition("=")[2]):
                path = self.root / name
                if not name or name in made or path.exists():
                    continue
                if before == "--data" and learned in RECIPES:
                    self.crops(path, learned)
                else:
                    self._one(before, name.rstrip("/"))

    def _one(self, before: str, name: str) -> None:
        path = self.root / name
        for pattern, make in MAKERS.items():
            if found := re.fullmatch(pattern, name) or re.fullmatch(pattern, f"{before} {name}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                make(self, path, *found.groups())
                return

    def crops(self, path: Path, recipe: str) -> None:
        """What a recipe is trained on; a copy that is not prepared yet where it is called so."""
        settings = shortened(recipe)
        data = settings.data
        if first := re.fullmatch(r"\{runs\}/([\w-]+)/fold\{fold\}", settings.model.start):
            self.learned(self.root / "runs" / first[1], first[1], None)
        if path.name == "example":
            shutil.copytree(self.store.copy(data.name, PERSONS), path)
        elif "--all" in self.words:
            shutil.copytree(self.store.copy(data.name, PERSONS), path / data.name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            made = self.store.crops(data.name, data.template, data.aligned, PERSONS)
            shutil.copytree(made, path)

    def picture(self, path: Path) -> None:
        shutil.copy(self.store.photo(), path)

    def clip(self, path: Path) -> None:
        shutil.copy(self.store.clip(), path)

    def neutral(self, path: Path) -> None:
        shutil.copy(self.store.neutral(), path)

    def clips(self, path: Path) -> None:
        path.mkdir()
        for name in ("a.mp4", "b.mp4"):
            self.clip(path / name)

    def faces(self, path: Path) -> None:
        path.mkdir()
        for name in ("a.png", "b.png"):
            self.picture(path / name)

    def copy(self, path: Path, name: str) -> None:
        """Of a data set; CK+ is called so by its authors."""
        shutil.copytree(self.store.copy(name.lower().replace("+", "plus")), path)

    def table(self, path: Path) -> None:
        shutil.copytree(self.store.copy("table"), path)

    def joined(self, path: Path) -> None:
        shutil.copytree(self.store.copy("joined"), path)

    def index(self, path: Path) -> None:
        write_index(read("bp4d", self.store.copy("bp4d")), path)

    def cache(self, path: Path) -> None:
        """Coloured pictures whose units a tiny network reads; faces where the default is asked."""
        cache = self.store.coloured()
        if "default" in self.words:
            cache = self.store.drawn()[path.name.endswith("-256")]
        shutil.copytree(cache.folder, path)

    def run(self, path: Path, name: str, fold: str | None) -> None:
        """Of one fold, with a tiny network; a trained one where a line looks into it."""
        folder = path if fold else path / "fold1"
        if {"gradcam", "--graph"} & {*self.words}:
            self.learned(path, name, fold)
            return
        expressions, default = name.startswith("posterv2"), "default" in self.words
        more = {"task": "expression", "classes": ("anger", "neutral")} if expressions else {}
        units = made_faces.UNITS if default else UNITS
        weights = np.array([[1.0], [-0.5], [0.0]]) * np.ones(2 if expressions else len(units))
        cache = self.store.drawn()[0] if default else self.store.coloured()
        run_of(folder, cache, weights, fold=int(fold or 1), name=name, units=units, **more)

    def learned(self, path: Path, name: str, fold: str | None) -> None:
        """The run of a recipe, really trained."""
        shutil.copytree(self.store.trained(name), path if fold else path / "fold1")

    def drawings(self, path: Path) -> None:
        """What `planted-resnet18` learns from."""
        shutil.copytree(self.store.crops("table", "whole", 92, PERSONS), path)

    def student(self, path: Path) -> None:
        """A network as a file, without its run."""
        spec = card(units=UNITS, name="student", template="whole")
        write(path, spec, np.array([[1.0], [-0.5], [0.0]]) * np.ones(len(UNITS)))

    def detector(self, path: Path, _: str) -> None:
        shutil.copytree(self.store.trained("yolo-small"), path)

    def boxes(self, path: Path) -> None:
        """Pictures with boxes."""
        folder = path.parent
        for part in ("train", "val"):
            (folder / part / "images").mkdir(parents=True)
            (folder / part / "labels").mkdir()
            picture = folder / part / "images" / f"{part}.png"
            self.picture(picture)
            if part == "val":  # another picture than that of training
                mirrored = ImageOps.mirror(PIL.Image.open(picture))
                mirrored.save(picture)
            (folder / part / "labels" / f"{part}.txt").write_text("0 0.5 0.5 0.4 0.6\n")
        path.write_text("train: train/images\nval: val/images\nnames: [awake, sleep]\n")

    def models(self, path: Path) -> None:
        """The face models in a folder, or in the zip that `mien weights pack` writes."""
        if path.name == "X":
            shutil.copytree(open_store().folder, path)
        else:
            shutil.copy(self.store.packed(), path)

    def portraits(self, path: Path) -> None:
        """A few of the synthetic ones, where the development data is."""
        path.mkdir()
        for one in sorted((self.store.ask("shared") / "data" / "portraits").glob("*.jpg"))[:24]:
            shutil.copy(one, path)

    def model(self, path: Path) -> None:
        """The face model that `mien datasets ict` reads."""
        path.symlink_to(self.store.ask("face_data"))


MAKERS: dict[str, Callable] = {
    r"--data faces": Scratch.cache,
    r".*(photo|still)\.jpg": lambda scratch, path, _: scratch.picture(path),
    r".*\.mp4": Scratch.clip,
    r".*\.neutral": Scratch.neutral,
    r"clips|videos": Scratch.clips,
    r"my-faces": Scratch.faces,
    r"(BP4D|CK\+)": Scratch.copy,
    r"data/(BP4D)": Scratch.copy,
    r"faces|pictures/table|drawn60|drawn|drawn/table": Scratch.table,
    r"example/joined": Scratch.joined,
    r"clean\.parquet": Scratch.index,
    r"(?:cache|prepared|caches)/\w[\w-]*": Scratch.cache,
    r"runs/(yolo-faces|yolo-small|faces)": Scratch.detector,
    r"runs/([\w-]+)(?:/fold(\d))?": Scratch.run,
    r"(?:long|short)/([\w-]+)(?:/fold(\d))?": Scratch.learned,
    r"drawn/crops": Scratch.drawings,
    r"student\.onnx|jaanet\.onnx": Scratch.student,
    r"(?:forty|faces|awake)/data\.yaml": Scratch.boxes,
    r"FILE|models\.zip|X": Scratch.models,
    r"FOLDER|portraits": Scratch.portraits,
    r"data": Scratch.model,
}
"""What lays down a name, by its pattern; the first that fits."""
