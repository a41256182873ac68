"""The face models, pictures, and clips made by moving portraits over a background."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFilter

from mien.face.detector import Detector
from mien.face.geometry import reference
from mien.face.landmarks import LEFT_EYE_RING, RIGHT_EYE_RING
from mien.face.mesh import MeshFitter
from mien.runtime import open_session
from mien.values import Float32, Frame, Image

Sprite = tuple[str, float, float, float, float]
"""Portrait, x and y of its centre, side in pixels, turn in degrees clockwise."""
Paint = Callable[[Sequence[Sprite], int, float], Frame]


@pytest.fixture(scope="session")
def networks(face_models: dict[str, Path]) -> dict[str, object]:
    """Sessions of the three face models."""
    return {name.removeprefix("face-"): open_session(path) for name, path in face_models.items()}


@pytest.fixture(scope="session")
def detector(networks: dict[str, object]) -> Detector:
    return Detector(networks["short"], networks["full"])


@pytest.fixture(scope="session")
def fitter(networks: dict[str, object]) -> MeshFitter:
    return MeshFitter(networks["mesh"])


@pytest.fixture(scope="session")
def rest() -> Float32:
    """The reference face as a mesh of 478 points, 100 pixels between the eyes, centre 300, 250."""
    skin = reference()[0] * np.float32([100, -100, -100]) + np.float32([300, 250, 0])
    eyes = [skin[list(ring)].mean(axis=0) for ring in (RIGHT_EYE_RING, LEFT_EYE_RING)]
    around = np.array([[0, 0, 0], [5, 0, 0], [0, -5, 0], [-5, 0, 0], [0, 5, 0]], np.float32)
    return np.concatenate([skin, eyes[0] + around, eyes[1] + around]).astype(np.float32)


PORTRAITS = (
    "0223e6ad63 0814b46470 18900bdb11 2784fe453b 01443d1020 04ebe42b20 "
    "0a6a14e33f 0cce562a13 0e512518af 0f4f38f7c1 221fc5a98c 1f1251bd79"
)


@pytest.fixture(scope="session")
def portraits(shared: Path) -> dict[str, Image]:
    """Twelve unlike persons, A to L, each with one frontal face in a picture of about 470 px."""
    folder = shared / "data" / "portraits"
    return {
        letter: np.asarray(Picture.open(folder / f"{name}.jpg").convert("RGB"))
        for letter, name in zip("ABCDEFGHIJKL", PORTRAITS.split(), strict=True)
    }


@pytest.fixture(scope="session")
def paint(portraits: dict[str, Image]) -> Paint:
    """Make a frame of 640 x 360 with portraits pasted one over the other."""
    down, across = np.mgrid[:360, :640]
    back = np.stack([90 + across // 12, 110 + down // 9, 130 - across // 14], axis=-1)
    back += 12 * ((across // 16 + down // 16) % 2)[..., None]
    cut = {letter: _cut_out(image) for letter, image in portraits.items()}

    def make(sprites: Sequence[Sprite], index: int, time: float) -> Frame:
        picture = Picture.fromarray(back.astype(np.uint8))
        for letter, x, y, side, turn in sprites:
            person = cut[letter].resize((round(side), round(side)))
            person = person.rotate(-turn, Picture.Resampling.BICUBIC)
            picture.paste(person, (round(x - side / 2), round(y - side / 2)), person)
        noise = np.random.default_rng(index).integers(-3, 4, (360, 640, 3))
        return Frame(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8), index, time)

    return make


def _cut_out(image: Image) -> Picture.Image:
    """Give a portrait a soft oval edge."""
    picture = Picture.fromarray(image).convert("RGBA")
    width, height = picture.size
    mask = Picture.new("L", picture.size, 0)
    ImageDraw.Draw(mask).ellipse((0.05 * width, 0, 0.95 * width, 1.1 * height), fill=255)
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(4)))
    return picture
