"""What can be asked of a network: units, sides, expressions, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError
from mien.explain.targets import Targets, targets
from mien.values import Scores
from tests.crop_networks import card

SIDED = card("intensity", (12, 12, 17), sides=("L", "R", ""))
CLASSES = ("anger", "happiness", "neutral")
FACES = card("expression", classes=CLASSES)
BOTH = card(
    "intensity", (12, 17), detected=(1, 4), classes=(), outputs=("intensity", "probability")
)


def test_units_come_in_their_order_with_all_their_sides():
    assert targets(SIDED, (17, 12)) == Targets(
        "tiny-intensity", "intensity", ("AU17", "AU12_L", "AU12_R"), (2, 0, 1)
    )
    assert targets(SIDED).labels == ("AU12_L", "AU12_R", "AU17")
    assert targets(SIDED).range == 5


def test_units_that_are_only_detected_are_found_in_the_other_output():
    assert targets(BOTH, (12,)).output == "intensity"
    assert targets(BOTH, (4, 1)) == Targets("tiny-intensity", "probability", ("AU4", "AU1"), (1, 0))
    with pytest.raises(InputError, match="does not read AU12, AU1 together; it reads AU12, AU17"):
        targets(BOTH, (12, 1))


def test_expressions_are_asked_by_name():
    wanted = targets(FACES, (), ("neutral", "anger"))
    assert (wanted.labels, wanted.places) == (("neutral", "anger"), (2, 0))
    scores = Scores(expression=np.float32([[0.1, 0.2, 0.7]]))
    np.testing.assert_array_equal(wanted.values(scores), np.float32([[0.7, 0.1]]))
    assert targets(FACES).labels == CLASSES


@pytest.mark.parametrize(
    ("spec", "units", "names", "told"),
    [
        (SIDED, (2, 12, 26), (), "does not read AU2, AU26; it reads AU12, AU17"),
        (SIDED, (), ("anger",), "reads no expressions; it reads AU12, AU17"),
        (FACES, (12,), (), "reads no units; it reads anger, happiness, neutral"),
        (FACES, (), ("joy",), "does not read joy; it reads anger"),
        (FACES, (12,), ("anger",), "name one kind"),
    ],
)
def test_what_it_does_not_say_is_refused(spec, units, names, told):
    with pytest.raises(InputError, match=told):
        targets(replace(spec), units, names)
