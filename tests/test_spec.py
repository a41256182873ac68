"""The card of a network."""

import json
from dataclasses import replace

import pytest

from mien.errors import WeightsError
from mien.spec import ModelSpec

CARD = ModelSpec(
    name="one",
    task="intensity",
    reads="mesh",
    units=(12, 12, 17),
    sides=("L", "R", ""),
    size=1410,
    mean=(0.5, 0.25, 0.125),
    reliability=((12, "dependable"), (17, "weak")),
    evidence=((12, 0.875),),
    paper="none",
)


def test_a_card_comes_back_from_json_as_it_was():
    text = CARD.to_json()
    assert "\n" not in text
    back = ModelSpec.from_json(text)
    assert back == CARD
    assert hash(back) == hash(CARD)
    assert back.reliability == ((12, "dependable"), (17, "weak"))


def test_what_a_card_leaves_out_is_the_default():
    few = {"name": "a", "task": "intensity", "reads": "crop", "units": [1], "sides": [""]}
    card = ModelSpec.from_json(json.dumps(few))
    assert (card.classes, card.size, card.reliability) == ((), 0, ())
    assert card.outputs == ("intensity",)
    assert card.licence == "Apache-2.0"


def test_columns_are_named_as_in_the_table():
    assert CARD.columns() == ("AU12_L", "AU12_R", "AU17")


def test_units_that_are_detected_beside_intensities():
    both = ("intensity", "probability")
    card = replace(CARD, reads="crop", detected=(4, 7), outputs=both)
    assert ModelSpec.from_json(card.to_json()) == card
    assert card.keys("intensity") == ((12, "L"), (12, "R"), (17, ""))
    assert card.keys("probability") == ((4, ""), (7, ""))
    assert card.columns() == CARD.columns()
    assert CARD.keys("probability") == CARD.keys("intensity")
    with pytest.raises(WeightsError, match="promises intensity; expected intensity and probabil"):
        replace(CARD, detected=(4,))


@pytest.mark.parametrize("reads", ["crop", "mesh", "mesh-difference"])
def test_what_a_network_may_read(reads):
    assert ModelSpec("a", "intensity", reads, (1,), ("",)).reads == reads


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"reads": "sound"},
            "card of one says it reads 'sound', expected one of crop, mesh, mesh-",
        ),
        ({"sides": ["L", "R"]}, "names 3 units and 2 sides"),
        ({"units": [1] * 4}, "names 4 units and 3 sides"),
        ({"smell": 1, "colour": 2}, "unknown fields colour, smell; .*update mien"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(change, message):
    text = json.dumps({**json.loads(CARD.to_json()), **change})
    with pytest.raises(WeightsError, match=message):
        ModelSpec.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"name"', "{}", '{"name": "a"}', "null"])
def test_what_is_no_card_is_refused(text):
    with pytest.raises(WeightsError, match="card"):
        ModelSpec.from_json(text)


def test_json_of_another_kind_is_shown():
    with pytest.raises(WeightsError, match=r"cannot be read: got '\[1\]', expected a JSON object"):
        ModelSpec.from_json("[1]")
