"""Real faces for the tests of this room."""

import csv
from collections.abc import Callable

import pytest

from mien.analysis.networks import Networks
from mien.errors import WeightsError
from mien.face.tracker import find_faces
from mien.values import Face, Image
from mien.video.reader import read_picture


@pytest.fixture(scope="session")
def networks() -> Networks:
    """The networks; the test is skipped where the face models cannot be had."""
    found = Networks()
    try:
        found.detector, found.fitter  # noqa: B018 - opens them
    except WeightsError as error:
        pytest.skip(f"needs the face models: {error}")
    return found


@pytest.fixture(scope="session")
def portraits(pictures) -> Callable[[str], list[Face]]:
    """Faces of up to eight development portraits with a caption, the best of each."""
    return lambda caption: [face for _, face in pictures(caption)]


@pytest.fixture(scope="session")
def pictures(shared, networks) -> Callable[[str], list[tuple[Image, Face]]]:
    """The same faces with the pictures they are in."""
    folder = shared / "data" / "portraits"
    with (folder / "portraits.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def seen(caption: str) -> list[tuple[Image, Face]]:
        names = [row["file"] for row in rows if row["caption"] == caption][:8]
        images = [read_picture(folder / name) for name in names]
        found = [find_faces(image, networks.detector, networks.fitter) for image in images]
        return [(image, faces[0]) for image, faces in zip(images, found, strict=True) if faces]

    return seen
