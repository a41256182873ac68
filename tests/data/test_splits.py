import json
import re
from dataclasses import replace

import numpy as np
import pytest

from mien.data.protocols import split
from mien.data.splits import keys_digest, make_split, read_split, write_split
from mien.errors import InputError, ShapeError
from tests.data.made_index import made_index

PEOPLE = {f"S{n}": 4 + n % 3 for n in range(8)}


@pytest.fixture
def one():
    return split(made_index(PEOPLE), "subject-folds", 2, folds=4, held=0.2, seed=1)


def test_a_split_is_read_as_it_was_written(one, tmp_path):
    write_split(one, tmp_path / "split.json")
    back = read_split(tmp_path / "split.json")
    for name in ("train", "validate", "test"):
        np.testing.assert_array_equal(back.part(name), one.part(name))
        assert back.part(name).dtype == np.intp
    facts = ("data", "protocol", "fold", "folds", "held", "seed", "subjects", "notes", "digest")
    assert all(getattr(back, fact) == getattr(one, fact) for fact in facts)
    assert back.describe() == one.describe()
    back.check(made_index(PEOPLE))


def test_a_split_without_validation_is_read_too(tmp_path):
    write_split(split(made_index(PEOPLE), "subject-folds", 1, folds=4, held=0), tmp_path / "s.json")
    assert len(read_split(tmp_path / "s.json").validate) == 0


def test_a_changed_file_is_noticed(one, tmp_path):
    path = tmp_path / "split.json"
    write_split(one, path)
    values = json.loads(path.read_text())
    values["parts"]["test"]["rows"][0][1] -= 1
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match="was changed after it was written"):
        read_split(path)


def test_a_split_of_another_format_is_refused(one, tmp_path):
    path = tmp_path / "split.json"
    write_split(one, path)
    path.write_text(path.read_text().replace('"format": 1,', '"format": 2,'))
    with pytest.raises(InputError, match="is a split of format 2, this version reads 1; make"):
        read_split(path)


@pytest.mark.parametrize("text", ["no json", "[]", '{"parts": {}}', "{}"])
def test_another_file_is_refused(text, tmp_path):
    path = tmp_path / "split.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no file of a split"):
        read_split(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"split\.json cannot be read"):
        read_split(tmp_path / "split.json")


def test_an_index_of_other_pictures_is_refused(one):
    more = dict(PEOPLE) | {"S0": 5}
    for people in (more, dict(reversed(PEOPLE.items()))):
        with pytest.raises(InputError, match="holds other pictures"):
            one.check(made_index(people))


def test_the_digest_follows_pictures_and_parts_and_nothing_else(one):
    moved = {**vars(one), "seed": 9, "notes": ("x",)}
    assert type(one)(**moved).digest == one.digest
    assert type(one)(**{**vars(one), "data": "other"}).digest != one.digest
    assert type(one)(**{**vars(one), "keys": "other"}).digest != one.digest
    fewer = {**vars(one), "test": one.test[1:]}
    assert type(one)(**fewer).digest != one.digest


def test_parts_may_not_overlap(one):
    with pytest.raises(InputError, match="share pictures"):
        type(one)(**{**vars(one), "test": one.train})


@pytest.mark.parametrize("row", [-1, sum(PEOPLE.values())])
def test_rows_of_no_picture_are_named(one, row):
    with pytest.raises(ShapeError, match=f"a part names row {row} of an index"):
        type(one)(**{**vars(one), "test": np.array([row])})


def test_it_is_described_in_words(one):
    text = one.describe()
    assert text.startswith("table, subject-folds, fold 2 of 4: train ")
    assert f"test {len(one.test)} pictures of 2 persons;" in text
    assert one.digest[:12] in text
    single = split(made_index({"S0": 1, "S1": 1, "S2": 3}), "subject-folds", 1, folds=3, held=0)
    counts = re.findall(r"test (\d+) (\w+) of (\d+) (\w+);", single.describe())
    assert counts in ([("1", "picture", "1", "person")], [("3", "pictures", "1", "person")])
    assert len(single.test) == int(counts[0][0])


def test_who_is_not_named_counts_as_no_person():
    index = made_index({"": 2, "A": 2, "B": 1})
    parts = {"train": np.array([2, 0]), "validate": np.array([1]), "test": np.array([3, 4])}
    one = make_split(index, parts, ("author-lists", 1, 1), (0.0, 0), ())
    assert one.train.tolist() == [0, 2]
    assert one.subjects == {"train": ("A",), "validate": (), "test": ("A", "B")}
    assert one.notes == ()


def test_names_that_are_no_utf8_have_a_digest_of_their_own():
    index = made_index({"A": 1})
    strange = [replace(index, path=(path,)) for path in ("\udcff.jpg", "\udcfe.jpg")]
    assert len({keys_digest(one) for one in (index, *strange)}) == 3


def test_there_are_three_parts(one):
    with pytest.raises(InputError, match="'dev' is no part"):
        one.part("dev")
