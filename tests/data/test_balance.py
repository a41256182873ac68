import numpy as np
import pytest

from mien.data.balance import WEIGHTS, rates
from mien.data.labels import Labels
from mien.errors import InputError

# Weights that the authors of JAA-Net publish for the parts 1 and 2 of BP4D, and those of
# ME-GraphAU for its folds of DISFA: the rates they follow from are proportional to their inverses.
PUBLISHED = {
    "JAA-Net, BP4D": (
        (1.3451, 1.6916, 1.2479, 0.5613, 0.43292, 0.43562,
         0.457, 0.54098, 1.4068, 0.7221, 1.4918, 1.667),
        0.26,
    ),
    "ME-GraphAU, DISFA": (
        (1.422290, 2.347771, 0.399672, 0.795021, 1.878217, 0.440125, 0.195583, 0.521322),
        0.06,
    ),
}  # fmt: skip


def occurring(counts, pictures):
    value = np.arange(pictures)[:, None] < np.asarray(counts)
    units = tuple(range(1, len(counts) + 1))
    return Labels(units, value.astype(np.float32), np.ones(value.shape, bool))


@pytest.mark.parametrize("source", PUBLISHED)
def test_the_inverse_of_the_rates_gives_the_published_weights(source):
    weights, scale = PUBLISHED[source]
    counts = np.round(scale / np.array(weights) * 100_000).astype(int)
    found = WEIGHTS["inverse"](occurring(counts, 100_000))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, weights, rtol=4e-4)


def test_weights_by_hand():
    labels = occurring([1, 2, 4], 8)  # rates 1/8, 1/4, 1/2
    np.testing.assert_allclose(WEIGHTS["inverse"](labels), np.array([8, 4, 2]) * 3 / 14)
    wanted = np.array([8 / 9, 4 / 5, 2 / 3])
    np.testing.assert_allclose(WEIGHTS["inverse-plus-one"](labels), wanted / wanted.mean())
    np.testing.assert_allclose(WEIGHTS["balanced"](labels), [7, 3, 1])
    np.testing.assert_allclose(WEIGHTS["none"](labels), 1)


def test_labels_that_are_not_known_do_not_count():
    value = np.array([[1, 1], [0, 1], [0, 0], [9, 0]], np.float32)
    known = np.array([[True, True], [True, False], [True, True], [False, True]])
    np.testing.assert_allclose(rates(Labels((1, 2), value, known)), [1 / 3, 1 / 3])


@pytest.mark.parametrize("name", ["inverse", "balanced"])
def test_a_unit_that_never_occurs_is_refused_by_its_number(name):
    with pytest.raises(InputError, match="AU2: never present in the training pictures"):
        WEIGHTS[name](occurring([3, 0], 6))


def test_a_unit_that_is_nowhere_known_is_refused():
    labels = Labels((4, 9), np.ones((3, 2), np.float32), np.array([[True, False]] * 3))
    with pytest.raises(InputError, match="AU9: without a label"):
        WEIGHTS["inverse-plus-one"](labels)
    np.testing.assert_allclose(WEIGHTS["none"](labels), 1)


def test_a_unit_that_always_occurs_cannot_be_balanced():
    with pytest.raises(InputError, match="AU1: present in every"):
        WEIGHTS["balanced"](occurring([5, 2], 5))
    np.testing.assert_allclose(WEIGHTS["inverse"](occurring([5, 5], 5)), 1)
