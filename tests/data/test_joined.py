"""Several sets as one: what one of them does not say is not known of its pictures."""

import numpy as np
import pytest

from mien.data import joined, read, write
from mien.data.cache import prepare
from mien.data.findings import Findings
from mien.data.loading import CropDataset, View
from mien.data.protocols import split
from mien.errors import InputError
from tests.data.recorded import three


@pytest.fixture
def root(tmp_path):
    write("joined", tmp_path / "joined", three())
    return tmp_path / "joined"


def of(index, name):
    return np.array([path.startswith(f"{name}/") for path in index.path])


def test_every_set_teaches_what_it_says_and_no_more(root):
    index = read("joined", root)
    known = {
        "intensity": index.intensity.known.any(axis=1),
        "occurrence": index.occurrence.known.any(axis=1),
        "expression": index.expression.known,
    }
    for name, says in {
        "affectnet": {"expression"},
        "bp4d": {"occurrence", "intensity"},
        "disfa": {"intensity"},
    }.items():
        rows = of(index, name)
        assert rows.any()
        for task, there in known.items():
            assert there[rows].all() == (task in says), (name, task)
            assert there[rows].any() == (task in says), (name, task)
    alone = read("disfa", root / "disfa")
    rows = of(index, "disfa")
    mine = index.intensity.of(alone.intensity.units).value[rows]
    np.testing.assert_array_equal(mine, alone.intensity.value)
    assert index.points is index.part is None


def test_the_same_person_in_two_sets_is_one_person(root):
    write("table", root / "table", three())
    table = root / "table" / "labels.csv"
    owner = read("disfa", root / "disfa").subject[0]
    first = read("table", root / "table").subject[0]
    table.write_text(table.read_text().replace(f",{first},", f",{owner},"))
    index = read("joined", root)
    names = np.array(index.subject)
    assert (names[of(index, "table")] == owner).any()
    for fold in (1, 2):
        parts = split(index, "subject-folds", fold, folds=2, held=0.0)
        assert not set(names[parts.train]) & set(names[parts.test])


def test_classes_of_different_sets_go_by_their_names(root):
    write("ckplus", root / "ckplus", three())
    index = read("joined", root)
    alone = read("ckplus", root / "ckplus").expression
    rows = np.flatnonzero(of(index, "ckplus"))
    assert alone.classes != index.expression.classes
    wanted = [alone.classes[value] for value in alone.value[alone.known].tolist()]
    mine = index.expression.take(rows)
    assert [index.expression.classes[value] for value in mine.value[mine.known].tolist()] == wanted


def test_findings_name_the_set(root):
    path = next((root / "affectnet" / "train_set" / "annotations").iterdir())
    np.save(path, np.array("11"))
    findings = Findings()
    joined.read(root, findings)
    (finding,) = findings
    assert finding.place.startswith("affectnet/train_set/annotations/")
    assert findings.left_out == 1
    with pytest.raises(InputError, match="affectnet/train_set"):
        read("joined", root)


def test_fewer_persons_than_sets_and_a_folder_without_sets(tmp_path):
    with pytest.raises(InputError, match="of 1 persons, expected at least 3"):
        joined.write(tmp_path / "few", three((0,)))
    with pytest.raises(InputError, match="expected folders with the names of some"):
        joined.read(tmp_path, Findings())


def test_a_batch_has_the_labels_of_every_task(root, tmp_path):
    index = read("joined", root)
    cache = prepare(index, tmp_path / "cache", "whole", 32)
    view = View("intensity", (4, 12), size=24, detected=(12, 6), classes=("happiness", "neutral"))
    data = CropDataset(cache, np.arange(len(cache)), view)
    batch = data.__getitems__(list(range(len(data))))
    assert set(batch.beside) == {"occurrence", "expression"}
    rows = of(cache.index, "affectnet")
    said = batch.beside["expression"]
    names = np.array(cache.index.expression.classes)[cache.index.expression.value]
    assert np.array_equal(said.known.numpy(), rows)
    found = np.array(view.classes)[said.target.numpy()[rows]]
    assert found.tolist() == names[rows].tolist()
    present = batch.beside["occurrence"]
    assert np.array_equal(present.known.numpy().all(axis=1), of(cache.index, "bp4d"))
    units = cache.index.occurrence.of((12, 6))
    np.testing.assert_array_equal(present.target.numpy(), units.value)
    moved = batch.to("cpu")
    assert moved.beside.keys() == batch.beside.keys()
    fewer = CropDataset(cache, data.rows, View("intensity", (4,), size=24, classes=("neutral",)))
    silent = fewer.__getitems__(list(range(len(fewer)))).beside["expression"]
    assert np.array_equal(silent.known.numpy(), rows & (names == "neutral"))
