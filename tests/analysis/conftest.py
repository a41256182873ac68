"""Real faces for the tests of this room."""

import csv
from collections.abc import Callable

import pytest

from mien.analysis.networks import Networks
from mien.errors import WeightsError
from mien.face.tracker import find_faces
from mien.values import Face
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
def portraits(shared, networks) -> Callable[[str], list[Face]]:
    """Faces of up to eight development portraits with a caption, the best of each."""
    folder = shared / "data" / "portraits"
    with (folder / "portraits.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def faces(caption: str) -> list[Face]:
        names = [row["file"] for row in rows if row["caption"] == caption][:8]
        found = (
            find_faces(read_picture(folder / name), networks.detector, networks.fitter)
            for name in names
        )
        return [faces[0] for faces in found if faces]

    return faces
