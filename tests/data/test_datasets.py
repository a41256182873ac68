"""Every data set of the registry: what is written in its format is read again as it was."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mien.data import DATASETS, data_set, read, write
from mien.data.findings import Findings
from mien.data.index_files import read_index, write_index
from mien.data.labels import STILL
from mien.errors import InputError
from mien.face.affine import transform
from mien.face.align import jaanet_matrix
from mien.face.landmarks import reduce
from tests.data.recorded import FRAMES, UNITS, three

AUS = ("bp4d", "disfa", "ckplus", "lists", "table")
FIRST_SUBJECTS = {
    "bp4d": {"F001", "F003", "F004"},
    "disfa": {"SN001", "SN006", "SN003"},
    "lists": {"F001", "F003", "F004"},
}
"""One of each part of the published folds."""


@pytest.fixture(scope="module")
def recordings():
    return three()


@pytest.fixture(scope="module", params=DATASETS)
def copy(request, recordings, tmp_path_factory):
    """Name, folder and index of a copy that is without fault."""
    root = tmp_path_factory.mktemp("copies") / request.param
    write(request.param, root, recordings)
    return request.param, root, read(request.param, root)


def test_a_copy_as_written_has_no_fault(copy):
    name, root, index = copy
    findings = Findings()
    read(name, root, findings)
    assert findings.clean, list(findings)
    assert index.name == name
    assert index.root == root


def test_all_pictures_are_there(copy):
    _, root, index = copy
    assert all((root / path).is_file() for path in index.path)
    assert len({*zip(index.path, index.frame.tolist(), strict=True)}) == len(index)
    assert all("\\" not in path and not path.startswith("/") for path in index.path)


def test_subjects_and_sequences(copy, recordings):
    name, _, index = copy
    if name.startswith(("rafdb", "affectnet", "caers", "faces", "joined", "yolo")):
        assert name == "joined" or len(set(index.subject)) == len(index)
        return
    assert len(set(index.subject)) == 3
    owner = dict(zip(index.sequence, index.subject, strict=True))
    assert len(owner) == (3 if name == "disfa" else 4)
    assert set(index.subject) >= FIRST_SUBJECTS.get(name, set())


@pytest.mark.parametrize("name", AUS)
def test_labels_come_back(name, recordings, tmp_path):
    write(name, tmp_path / name, recordings)
    index = read(name, tmp_path / name)
    intensity = np.concatenate([one.intensity for one in recordings])
    rows = ordered(index, name)
    if name == "ckplus":
        intensity = intensity[FRAMES - 1 :: FRAMES]
    if index.intensity is not None:
        shared = [unit for unit in UNITS if unit in index.intensity.units]
        labels = index.intensity.of(shared).take(rows)
        assert shared
        assert labels.known.all()
        columns = [UNITS.index(unit) for unit in shared]
        np.testing.assert_array_equal(labels.value, intensity[:, columns])
    if index.occurrence is not None:
        shared = [unit for unit in UNITS if unit in index.occurrence.units]
        labels = index.occurrence.of(shared).take(rows)
        assert shared
        assert labels.known.all()
        columns = [UNITS.index(unit) for unit in shared]
        np.testing.assert_array_equal(labels.value, intensity[:, columns] >= 1)
    assert index.intensity is not None or index.occurrence is not None


def ordered(index, name):
    """Rows in the order of the recordings: by person, then task, then frame."""
    order = {"F001": 0, "SN001": 0, "S005": 0, "F003": 1, "SN006": 1, "S010": 1, "F004": 2}
    order |= {"SN003": 2, "S011": 2}
    if name == "table" or name == "ckplus":
        return np.arange(len(index))
    keys = [
        (order[subject], sequence, number)
        for subject, sequence, number in zip(
            index.subject, index.sequence, index.number.tolist(), strict=True
        )
    ]
    return np.array(sorted(range(len(index)), key=keys.__getitem__))


@pytest.mark.parametrize(
    ("name", "scheme"), [("bp4d", "49"), ("disfa", "66"), ("ckplus", "68"), ("lists", "49")]
)
def test_landmarks_come_back(name, scheme, recordings, tmp_path):
    write(name, tmp_path / name, recordings)
    index = read(name, tmp_path / name)
    points = np.concatenate([one.points for one in recordings])
    if name == "ckplus":
        points = points[FRAMES - 1 :: FRAMES]
    expected = reduce(points, "68", scheme)
    if name == "lists":
        expected = np.stack([transform(one, jaanet_matrix(one)) for one in expected])
    assert index.points.scheme == scheme
    assert index.points.known.all()
    found = index.points.value[ordered(index, name)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_index_of_each_set_is_stored_whole(copy, tmp_path):
    _, _, index = copy
    write_index(index, tmp_path / "index.parquet")
    again = read_index(tmp_path / "index.parquet")
    assert again.path == index.path
    assert again.part == index.part
    for name in ("occurrence", "intensity", "points", "expression"):
        one, other = getattr(again, name), getattr(index, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one.value, other.value)
            np.testing.assert_array_equal(one.known, other.known)


def test_reading_changes_nothing(copy):
    name, root, _ = copy
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    read(name, root, Findings())
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_a_copy_is_never_written_over(copy, recordings):
    name, root, index = copy
    with pytest.raises(InputError, match="is there already and not empty"):
        write(name, root, recordings)
    assert read(name, root).path == index.path


@pytest.mark.parametrize("name", DATASETS)
def test_a_failed_write_leaves_nothing(name, tmp_path, monkeypatch, recordings):
    count = iter(range(100))

    def full(*_args: object, **_options: object) -> None:
        if next(count) > 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    monkeypatch.setattr("mien.data.disfa.write_mat", full)
    with pytest.raises(InputError, match="No space left"):
        write(name, tmp_path / "copy", recordings)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", DATASETS)
def test_a_wrong_folder_is_one_sentence(name, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read(name, tmp_path / "missing")
    (tmp_path / "holiday").mkdir()
    # a folder of pictures is all that "faces" asks for
    (tmp_path / "holiday" / ("beach.txt" if name == "faces" else "beach.jpg")).touch()
    with pytest.raises(InputError, match="expected") as error:
        read(name, tmp_path / "holiday", Findings())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["bp4d", "disfa", "ckplus", "rafdb", "caers"])
def test_the_folder_above_is_recognised(name, tmp_path, recordings):
    write(name, tmp_path / "my copy", recordings[:1])
    if name == "rafdb":
        assert len(read(name, tmp_path / "my copy" / "basic"))
        return
    with pytest.raises(InputError, match=r"did you mean .*my copy"):
        read(name, tmp_path)


def test_an_unknown_name():
    with pytest.raises(InputError, match=r"no data set 'CK\+', did you mean 'ckplus'"):
        data_set("CK+")
    with pytest.raises(InputError, match=r"no data set 'xyz' \(there are bp4d, disfa"):
        data_set("xyz")


@pytest.mark.parametrize("name", DATASETS)
def test_each_says_what_it_is(name):
    entry = DATASETS[name]
    assert entry.title
    assert entry.terms
    assert all(0 < unit < 100 for units in entry.units for unit in units)


def test_the_registry_is_light():
    code = (
        "import sys, mien.data; mien.data.data_set('bp4d'); "
        "sys.exit(' '.join({'torch', 'PIL', 'av', 'mien.data.bp4d'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_reading_needs_no_torch(tmp_path, recordings):
    write("bp4d", tmp_path / "copy", recordings)
    code = (
        "import sys; sys.modules['torch'] = None; from mien.data import read; "
        f"assert len(read('bp4d', {str(tmp_path / 'copy')!r})) == {4 * FRAMES}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_rows_of_videos_name_their_frame(tmp_path, recordings):
    write("disfa", tmp_path / "copy", recordings)
    index = read("disfa", tmp_path / "copy")
    np.testing.assert_array_equal(index.frame, index.number - 1)
    assert index.number.min() == 1
    write("bp4d", tmp_path / "other", recordings)
    assert (read("bp4d", tmp_path / "other").frame == STILL).all()
