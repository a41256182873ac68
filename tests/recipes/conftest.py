"""The face model and portraits for the tests of what is shipped."""

import numpy as np
import pytest
from PIL import Image

from mien.data import ict
from mien.data.finding import open_finder
from mien.data.ict import FaceModel
from mien.data.parts import part_of
from mien.data.planted import Portrait, to_size
from mien.data.portraits import is_quiet
from mien.data.rendered import Find

COUNT = 8


@pytest.fixture(scope="session")
def face_model(face_data) -> FaceModel:
    return ict.load(face_data)


@pytest.fixture(scope="session")
def find(front_end) -> Find:
    """What finds the mesh of a picture's face."""
    return open_finder()


@pytest.fixture(scope="session")
def quiet(shared, find) -> list[Portrait]:
    """Eight quiet portraits that nothing was learned from."""
    found = []
    for path in sorted((shared / "data" / "portraits").glob("*.jpg")):
        if part_of(path.name) != "evaluation":
            continue
        with Image.open(path) as picture:
            image = np.asarray(picture.convert("RGB"))
        mesh = find(image, False)
        if mesh is not None and is_quiet(mesh):
            found.append(to_size(Portrait(image, mesh)))
        if len(found) == COUNT:
            break
    assert len(found) == COUNT
    return found
