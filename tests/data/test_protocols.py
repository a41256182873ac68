import numpy as np
import pytest
from sklearn.model_selection import KFold

from mien.data.labels import Index
from mien.data.protocols import PROTOCOLS, fold_count, split
from mien.data.published import BP4D_PARTS, DISFA_PARTS
from mien.errors import InputError
from tests.data.made_index import made_index

MANY = {f"S{n:02}": 5 + n for n in range(23)}


def persons(index: Index, rows) -> set[str]:
    return {index.subject[row] for row in rows}


def everybody(parts):
    return {name: 4 for part in parts for name in part}


@pytest.mark.parametrize("name", ["subject-folds", "leave-one-subject-out"])
@pytest.mark.parametrize("held", [0.0, 0.2])
def test_nobody_is_on_two_sides(name, held):
    index = made_index(MANY)
    tested = []
    for fold in range(1, fold_count(index, name, 5) + 1):
        one = split(index, name, fold, folds=5, held=held)
        sides = [persons(index, rows) for rows in (one.train, one.validate, one.test)]
        assert len(set.union(*sides)) == sum(map(len, sides)) == 23
        assert bool(sides[1]) == bool(held)
        tested.extend(one.test.tolist())
    assert sorted(tested) == list(range(len(index)))


def test_one_subject_is_left_out_in_the_order_of_names():
    index = made_index({"b": 3, "a": 2, "c": 1})
    assert fold_count(index, "leave-one-subject-out") == 3
    assert split(index, "leave-one-subject-out", 1).test.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("name", "parts"), [("bp4d-three-folds", BP4D_PARTS), ("disfa-three-folds", DISFA_PARTS)]
)
def test_published_folds_test_the_third_second_and_first_part(name, parts):
    index = made_index(everybody(parts))
    for fold, part in ((1, 2), (2, 1), (3, 0)):
        one = split(index, name, fold)
        assert set(one.subjects["test"]) == set(parts[part])
        learned = set(one.subjects["train"]) | set(one.subjects["validate"])
        assert learned == set(everybody(parts)) - set(parts[part])
        assert len(one.subjects["validate"]) == round(0.1 * len(learned))
        assert one.notes == ()


def test_persons_that_a_copy_lacks_are_noted():
    index = made_index({"F001": 2, "F003": 2, "F004": 2})
    one = split(index, "bp4d-three-folds", 1)
    assert one.subjects["test"] == ("F004",)
    assert {len(one.subjects["train"]), len(one.subjects["validate"])} == {1}
    assert "lacks F002, F005, F006, F007, F008 and 33 more" in one.notes[0]


def test_a_part_without_anybody_is_refused():
    index = made_index({"F001": 2, "F003": 2})
    with pytest.raises(InputError, match=r"fold 1 .*tests F004, .*F001, F003 only"):
        split(index, "bp4d-three-folds", 1)
    with pytest.raises(InputError, match="trains on the others"):
        split(made_index({"F004": 3}), "bp4d-three-folds", 1)


def test_strangers_are_refused_by_name():
    index = made_index({**everybody(BP4D_PARTS), "F024": 3})
    with pytest.raises(
        InputError, match=r"F024 of table is not among the 41 persons.*subject-folds"
    ):
        split(index, "bp4d-three-folds", 1)


def test_the_leaking_folds_are_the_sources_and_say_so():
    assert "LEAK" in PROTOCOLS["sequence-folds-leaking"].text
    index = made_index({f"S{n:03}": 6 for n in range(40)}, sequences=3)
    names = sorted(set(index.sequence))
    for fold, (_, tested) in enumerate(KFold(7, shuffle=True, random_state=20).split(names), 1):
        one = split(index, "sequence-folds-leaking", fold, folds=7, seed=3)
        assert {index.sequence[row] for row in one.test} == {names[place] for place in tested}
        held = {index.sequence[row] for row in one.validate}
        assert len(held) == round(0.1 * (len(names) - len(tested)))
        assert not held & {index.sequence[row] for row in (*one.train, *one.test)}
        leaking = persons(index, one.test) & persons(index, (*one.train, *one.validate))
        assert len(leaking) > 1
        assert one.notes == (f"Persons leak: {len(leaking)} are in training and in testing.",)


def test_nothing_leaks_where_each_person_has_one_sequence():
    index = made_index({f"S{n}": 3 for n in range(9)}, sequences=1)
    assert split(index, "sequence-folds-leaking", 2, folds=3).notes == ()


def test_a_sets_own_parts_are_kept_and_pictures_held_out_where_nobody_is_known():
    pictures = {f"{part}_{n}": 1 for part in ("train", "test") for n in range(50)}
    index = made_index(pictures, name="rafdb", part=[name.partition("_")[0] for name in pictures])
    one = split(index, "given", 1)
    assert one.test.tolist() == list(range(50, 100))
    assert len(one.validate) == 5
    assert len(one.train) == 45
    assert one.subjects == {"train": (), "validate": (), "test": ()}
    assert "each counts as a person" in one.notes[0]


def test_own_parts_that_share_persons_are_noted():
    index = made_index({"a": 2, "b": 2}, part=["train", "test", "train", "train"])
    assert split(index, "given", 1, held=0).notes == (
        "Persons leak: 1 is in training and in testing.",
    )


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (None, "has no parts of its own"),
        (["train"] * 4, "no picture of the part test"),
        (["train", "train", "test", "dev"], "names the parts dev"),
    ],
)
def test_own_parts_that_are_none_are_refused(part, message):
    with pytest.raises(InputError, match=message):
        split(made_index({"a": 2, "b": 2}, part=part), "given", 1)


@pytest.mark.parametrize(
    ("protocol", "fold", "options", "message"),
    [
        ("subject-folds", 1, {"folds": 24}, "23 persons, too few for 24 folds; ask for 23"),
        ("subject-folds", 6, {"folds": 5}, "no fold 6 of subject-folds; choose one from 1 to 5"),
        ("subject-folds", 0, {}, "from 1 to 10"),
        ("subject-folds", 1, {"folds": 1}, "expected 2 or more"),
        ("sequence-folds-leaking", 1, {"folds": 50}, "46 sequences, too few for 50"),
        ("subject-folds", 1, {"held": 1.0}, "held is 1.0"),
        ("subject-folds", 1, {"held": -0.1}, "held is -0.1"),
        ("ten-folds", 1, {}, "'ten-folds' is no protocol; there are subject-folds"),
        ("bp4d-three-folds", 4, {}, "from 1 to 3"),
        ("given", 2, {}, "from 1 to 1"),
    ],
)
def test_what_cannot_be_divided_is_refused_in_one_sentence(protocol, fold, options, message):
    with pytest.raises(InputError, match=message) as caught:
        split(made_index(MANY), protocol, fold, **options)
    assert "\n" not in str(caught.value)


def test_leaving_out_the_only_subject_is_refused():
    with pytest.raises(InputError, match="bring more persons"):
        split(made_index({"a": 5}), "leave-one-subject-out", 1)


def test_the_same_pictures_give_the_same_split_wherever_they_lie():
    one, two = (split(made_index(MANY), "subject-folds", 2, seed=4) for _ in range(2))
    assert one.digest == two.digest
    np.testing.assert_array_equal(one.validate, two.validate)
    other = split(made_index(MANY), "subject-folds", 2, seed=5)
    assert other.digest != one.digest
