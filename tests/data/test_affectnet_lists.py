"""AffectNet's first form: two lists, and pictures with the box of the face."""

import numpy as np
import pytest
from PIL import Image

from mien.data import affectnet
from mien.data.affectnet_lists import HEADS
from mien.data.findings import Findings
from mien.errors import InputError

LISTS = "Manually_Annotated_file_lists"
PICTURES = "Manually_Annotated_Images"
POINTS = ";".join(f"{number}.5" for number in range(136))


def line(path, expression, box=(10, 20, 30, 40)):
    return ",".join([path, *map(str, box), POINTS, str(expression), "0.1", "-0.2"])


TRAIN = [
    line("1/aa1.jpg", 0),
    line("1/bb2.JPG", 7, (1, 2, 3, 4)),
    line("2\\cc3.png", 6),
    line("2/gone.jpg", 10, ("NULL",) * 4),
    line("2/dd4.jpg", 9, (-1, -1, -1, -1)),
]
TEST = [line("1/ee5.jpg", 3)]


@pytest.fixture
def root(tmp_path):
    return made(tmp_path / "copy")


def made(root, train=TRAIN, test=TEST, lists=LISTS, pictures=PICTURES, head=True):
    for name in ("1/aa1.jpg", "1/bb2.JPG", "2/cc3.png", "2/dd4.jpg", "1/ee5.jpg"):
        path = root / pictures / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(path)
    (root / lists).mkdir(parents=True, exist_ok=True)
    for name, lines in (("training.csv", train), ("validation.csv", test)):
        text = [",".join(HEADS), *lines] if head else lines
        (root / lists / name).write_text("\n".join(text) + "\n")
    return root


def read(root, reader=affectnet.read):
    findings = Findings()
    return reader(root, findings), findings


def test_classes_boxes_and_parts(root):
    index, findings = read(root)
    assert not list(findings)
    assert index.path == tuple(
        f"{PICTURES}/{name}"
        for name in ("1/aa1.jpg", "1/bb2.JPG", "2/cc3.png", "2/dd4.jpg", "1/ee5.jpg")
    )
    said, known = index.expression.value.tolist(), index.expression.known.tolist()
    assert index.expression.classes == affectnet.CLASSES
    assert known == [True, True, True, False, True]
    assert [said[row] for row in (0, 1, 2, 4)] == [0, 7, 6, 3]
    assert index.part == ("train",) * 4 + ("test",)
    assert index.box[0].tolist() == [10, 20, 40, 60]
    assert index.box[1].tolist() == [1, 2, 4, 6]
    assert np.isnan(index.box[3]).all()
    assert len(set(index.subject)) == len(index)
    assert findings.left_out == 0


@pytest.mark.parametrize(
    ("lists", "pictures"),
    [
        (".", PICTURES),
        (f"Manually_Annotated/{LISTS}", f"Manually_Annotated/{PICTURES}"),
        (LISTS, f"Manually_Annotated/{PICTURES}"),
    ],
)
def test_where_copies_have_them(tmp_path, lists, pictures):
    index, findings = read(made(tmp_path / "copy", lists=lists, pictures=pictures))
    assert not list(findings)
    assert len(index) == 5
    assert all((index.root / path).is_file() for path in index.path)


def test_a_list_without_its_head_line(tmp_path, root):
    bare = made(tmp_path / "bare", head=False)
    assert read(bare)[0].expression.value.tolist() == read(root)[0].expression.value.tolist()


def test_seven_classes_do_not_know_contempt(root):
    index, _ = read(root, affectnet.read_seven)
    assert index.expression.known.tolist() == [True, False, True, False, True]


def test_one_list_will_do(root):
    (root / LISTS / "validation.csv").unlink()
    assert set(read(root)[0].part) == {"train"}


@pytest.mark.parametrize(
    ("added", "kind"),
    [
        (line("3/no.jpg", 1), "no picture"),
        (line("1/aa1.jpg", 1), "duplicate"),
        (line("1/ee5.jpg", 11), "code out of range"),
        (line("1/ee5.jpg", "happy"), "bad line"),
        ("1/ee5.jpg,1,2", "bad line"),
    ],
)
def test_a_bad_line_is_named_and_left_out(tmp_path, added, kind):
    root = made(tmp_path / "copy", train=[*TRAIN, added])
    index, findings = read(root)
    assert {one.kind for one in findings} == {kind}
    assert next(iter(findings)).place == "training.csv:7"
    assert len(index) == 5
    assert findings.left_out == 1
    with pytest.raises(InputError, match=r"training\.csv:7"):
        affectnet.read(root, Findings(strict=True))


def test_lists_without_pictures_and_without_columns(root):
    (root / LISTS / "training.csv").write_text("subDirectory_filePath,expression\n1/aa1.jpg,0\n")
    with pytest.raises(InputError, match="has no column face_x, face_y, face_width, face_height"):
        read(root)
    (root / PICTURES).rename(root / "elsewhere")
    with pytest.raises(InputError, match="has no folder Manually_Annotated_Images"):
        read(root)
