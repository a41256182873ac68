"""The face model for the tests of what is shipped."""

import numpy as np
import pytest

from mien.data.ict import FaceModel


@pytest.fixture(scope="module")
def face_model(shared):
    with np.load(shared / "data" / "ict_to_mesh468.npz") as file:
        names = {field for field in FaceModel.__dataclass_fields__ if field != "names"}
        arrays = {name: file[name].astype(np.float32) for name in names}
        return FaceModel(names=tuple(str(name) for name in file["expression_names"]), **arrays)
