"""Which face of a picture is aligned, and that training sees what analysing sees."""

import numpy as np
import pytest
from PIL import Image as Picture

import mien
from mien.data.cache import prepare
from mien.data.finding import open_picker
from mien.data.labels import STILL, Index
from mien.face.align import TEMPLATES, crop


@pytest.fixture(scope="module")
def couple(astronaut, front_end, tmp_path_factory):
    """A picture with a large face on the left, and the same smaller on the right."""
    root = tmp_path_factory.mktemp("couple")
    large = astronaut[:300, 80:380]
    small = np.asarray(Picture.fromarray(large).resize((220, 220)))
    both = np.full((300, 540, 3), 90, np.uint8)
    both[:, :300], both[40:260, 310:530] = large, small
    Picture.fromarray(both).save(root / "couple.png")
    return root, both


def index_of(root, box):
    return Index(
        "made",
        root,
        ("couple.png",),
        np.array([STILL]),
        np.array([0]),
        ("P",),
        ("P/1",),
        box=np.array([box], np.float32),
    )


@pytest.mark.parametrize("template", [name for name in TEMPLATES if not TEMPLATES[name].bare])
def test_training_sees_the_crop_that_analysing_sees(template, couple, tmp_path):
    root, both = couple
    cache = prepare(index_of(root, [np.nan] * 4), tmp_path / "c", template, 128, quality=0)
    largest = mien.find_faces(both)[0]
    made = crop(both, largest.mesh, template, 128)
    assert (cache.image(0) == made.image).all()
    assert (cache.matrix[0] == made.matrix).all()


def test_the_face_in_the_box_is_taken(couple, tmp_path):
    root, both = couple
    faces = mien.find_faces(both)
    assert len(faces) == 2
    roughly = faces[1].box + np.float32([-15, 10, 10, 20])
    cache = prepare(index_of(root, roughly), tmp_path / "c", "ffhq", 128, quality=0)
    assert (cache.image(0) == crop(both, faces[1].mesh, "ffhq", 128).image).all()


def test_where_the_box_is_elsewhere_there_is_no_face(couple):
    pick = open_picker()
    assert pick(couple[1], (0, 0, 40, 40)) is None
    assert pick(np.full((200, 200, 3), 90, np.uint8), None) is None
