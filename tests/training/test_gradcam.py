"""Grad-CAM: it points to what a network looks for, of every network that it says something of."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from mien.errors import InputError, MissingExtra
from mien.explain.faithful import verdicts
from mien.explain.question import Question
from mien.models.output import Output
from mien.training import gradcam
from mien.training.gradcam import grad_cam, last_convolutions
from mien.training.recipe import Data, Model, Recipe
from mien.training.trained import Trained
from mien.values import Scores
from tests.crop_networks import card
from tests.models.test_every_network import DETECTORS, MODELS, SMALL, Small, small

OWN_MAPS = ("eacnet-enhancing", "eacnet", "jaanet")
MIXED = ("mae", "mae-teacher", "posterv2")
SIDE = 16


class Colours(nn.Module):
    """Two units: how much red and how much blue there is, and a third that is always the same."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.ReLU(), nn.AvgPool2d(2))
        self.head = nn.Linear(2, 3)
        with torch.no_grad():
            self.body[0].weight[:] = torch.tensor([[1.0, -1, -1], [-1, -1, 1]])[..., None, None]
            self.head.weight[:] = torch.tensor([[4.0, 0], [0, 4], [0, 0]])
            self.head.bias[:] = 0

    def forward(self, image):
        return Output(self.head(self.body(image).mean(dim=(2, 3))))


CARD = card(units=(4, 12, 1), size=SIDE, aligned=SIDE, mean=(0.0,) * 3, std=(1.0,) * 3)
PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)
PICTURE[1:5, 1:5, 0] = 250
PICTURE[11:15, 9:13, 2] = 250
"""Red at the top left, blue below at the right."""


@pytest.fixture
def colours(monkeypatch, tmp_path):
    """The maps of the network of colours, as of a run."""
    pytest.importorskip("captum.attr", exc_type=ImportError)
    recipe = Recipe("tiny", Model("resnet18"), Data("table", units=CARD.units))
    monkeypatch.setattr(
        gradcam, "load_trained", lambda _: Trained(recipe, Colours().eval(), CARD, {})
    )
    return grad_cam(tmp_path, "probability")


def middle_of(values):
    """Centre of gravity of a map, as shares of its sides."""
    y, x = np.mgrid[0 : len(values), 0 : len(values)] + 0.5
    return np.array([(x * values).sum(), (y * values).sum()]) / values.sum() / len(values)


def test_each_unit_points_to_its_own_colour(colours):
    red, blue, none = colours(PICTURE, [0, 1, 2])
    assert red.shape == (8, 8)
    np.testing.assert_allclose(middle_of(red), [3 / 16, 3 / 16], atol=0.02)
    np.testing.assert_allclose(middle_of(blue), [11 / 16, 13 / 16], atol=0.02)
    assert abs(none).max() == 0
    np.testing.assert_allclose(colours(PICTURE, [1])[0], blue, rtol=1e-5)


def test_its_maps_are_better_than_chance_and_those_of_the_other_unit_are_not(colours):
    network = Colours().eval()

    def asked(images):
        with torch.no_grad():
            seen = torch.from_numpy(images / np.float32(255)).permute(0, 3, 1, 2)
            return network(seen).logits.sigmoid().numpy()

    question = Question(PICTURE, np.zeros((49, 2), np.float32), Scores(), asked)
    red, blue, none = colours(PICTURE, [0, 1, 2])
    right = verdicts(question, np.stack([red, blue, none]), ("AU4", "AU12", "AU1"), 1.0)
    assert [one.better for one in right] == [True, True, False]
    wrong = verdicts(question, np.stack([blue, red, red]), ("AU4", "AU12", "AU1"), 1.0)
    assert [one.better for one in wrong] == [False, False, False]


@pytest.mark.parametrize("name", [name for name in MODELS if name not in DETECTORS])
def test_every_network_gives_maps_or_says_why_not(name, monkeypatch, tmp_path):
    torch.manual_seed(0)
    network, settings = small(name).eval(), SMALL.get(name, Small())
    side, count = settings.size, settings.outputs or 1
    one = card(units=tuple(range(1, count + 1)), size=side, aligned=side, name=name)
    if name in OWN_MAPS + MIXED:
        reason = "attention maps of its own" if name in OWN_MAPS else "mixes all places"
        with pytest.raises(InputError, match=f"{name} .*{reason}.* --method .*occlusion"):
            last_convolutions(network, one)
        return
    pytest.importorskip("captum.attr", exc_type=ImportError)
    recipe = Recipe("tiny", Model("resnet18"), Data("table", units=(1, 2, 4)))
    monkeypatch.setattr(gradcam, "load_trained", lambda _: Trained(recipe, network, one, {}))
    image = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    found = grad_cam(tmp_path, "probability")(image, [0, 1])
    assert (len(found), found.ndim) == (2, 3)
    assert 2 <= found.shape[1] == found.shape[2] < side
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() > 0
    assert all(hooks == {} for hooks in (part._forward_hooks for part in network.modules()))


def test_a_swin_transformer_is_refused():
    from mien.models import build

    network = build("megraphau", 3, backbone="swin_t", neighbours=2)
    with pytest.raises(InputError, match="mixes all places"):
        last_convolutions(network, card(size=224, aligned=224))


def test_a_network_without_convolutions_is_refused():
    class Flat(nn.Module):
        def forward(self, image):
            return Output(image.flatten(1))

    with pytest.raises(InputError, match="has no convolutions whose maps have places"):
        last_convolutions(Flat(), CARD)


def test_without_captum_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtra, match=r"compute Grad-CAM.*mien\[explain\]"):
        grad_cam(tmp_path, "probability")
