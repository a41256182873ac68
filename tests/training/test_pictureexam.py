"""What the epoch of the picture network is chosen by, by numpy."""

import numpy as np
import pytest
import torch

from mien.data.crops import Crops
from mien.data.expressions import OUTPUTS, OUTPUTS_OF
from mien.models.output import Output
from mien.models.pictureunits import PictureUnits
from mien.training.pictureexam import SURE, PictureExam, mean_correlation

EACH = 6
RNG = np.random.default_rng(0)
SAID, DESCRIBED = RNG.normal(0, 1, (2, 256, OUTPUTS)).astype(np.float32)


class Says(PictureUnits):
    """A network that knows each crop by its colour."""

    def forward(self, image):
        number = ((image[:, 0, 0, 0] * 0.25 + 0.45) * 255).round().long()
        return Output(torch.from_numpy(SAID)[number], features=torch.from_numpy(DESCRIBED)[number])

    def differ(self, frame, neutral):
        return 2 * frame - neutral


@pytest.fixture(scope="module")
def network():
    return Says(OUTPUTS, 8, 16, 0.0)


def coloured(*numbers):
    return np.array(numbers, np.uint8)[:, None, None, None].repeat(3, axis=3)


def groups(first, count, rng):
    image = coloured(*range(first, first + count * EACH)).reshape(count, EACH, 1, 1, 3)
    intensity = rng.random((count, EACH, OUTPUTS)).astype(np.float32)
    return Crops(image, intensity, np.zeros(count, np.int64))


@pytest.fixture(scope="module")
def exam():
    rng = np.random.default_rng(1)
    taught = np.full((30, OUTPUTS), np.nan, np.float32)
    taught[:20, OUTPUTS_OF[4]] = rng.random((20, 2))
    taught[:3, OUTPUTS_OF[17]] = rng.random((3, 1))
    taught[:2, OUTPUTS_OF[25]] = rng.random((2, 1))  # too few
    shown = SAID[:30] + rng.normal(0, 0.5, (30, OUTPUTS)).astype(np.float32)
    return PictureExam(
        coloured(*range(30)), taught, shown, [groups(40, 3, rng), groups(100, 2, rng)]
    )


def test_agreement_is_by_unit_over_the_faces_that_are_known(network, exam):
    found = exam.figures(network)
    agreed = {name: value for name, value in found.items() if "/" in name}
    assert set(agreed) == {f"agreement/AU{unit}" for unit in (*SURE, 4, 17)}
    for unit, other, count in ((12, exam.shown, 30), (4, exam.taught, 20), (17, exam.taught, 3)):
        pair = [one[:count, OUTPUTS_OF[unit]].mean(axis=1) for one in (SAID, other)]
        assert agreed[f"agreement/AU{unit}"] == pytest.approx(np.corrcoef(*pair)[0, 1], abs=1e-5)
    assert found["agreement"] == pytest.approx(np.mean(list(agreed.values())))
    planted = (found["within"] + found["difference"]) / 2
    assert found["both"] == pytest.approx((found["agreement"] + planted) / 2)


def test_planted_units_are_judged_within_their_group_and_against_its_first_crop(network, exam):
    numbers = np.r_[40:58, 100:112].reshape(5, EACH)
    true = np.concatenate([one.intensity for one in exam.groups])
    said, described = SAID[numbers], DESCRIBED[numbers]
    within = [one - one.mean(axis=1, keepdims=True) for one in (said, true)]
    against = (2 * described - described[:, :1])[:, 1:], (true - true[:, :1])[:, 1:]
    found = exam.figures(network)
    for name, (one, other) in (("within", within), ("difference", against)):
        wanted = [np.corrcoef(one[..., k].ravel(), other[..., k].ravel())[0, 1] for k in range(38)]
        assert found[name] == pytest.approx(np.mean(wanted), abs=1e-5)


def test_without_a_known_face_nothing_is_agreed_with(network, exam):
    nothing = np.full_like(exam.taught, np.nan)
    found = PictureExam(exam.crop, nothing, nothing, exam.groups).figures(network)
    assert found["agreement"] == 0
    assert set(found) == {"both", "agreement", "within", "difference"}


def test_what_does_not_vary_is_correlated_with_nothing():
    line = np.arange(1001, dtype=np.float32)
    flat = np.full_like(line, 0.1)
    pair = np.stack([line, flat], axis=1)
    assert mean_correlation(pair, pair) == pytest.approx(1 / 2)
    assert mean_correlation(pair, pair[:, ::-1]) == 0


def test_another_network_is_refused(exam):
    with pytest.raises(TypeError, match="got a Linear, expected a PictureUnits"):
        exam.figures(torch.nn.Linear(1, 1))
