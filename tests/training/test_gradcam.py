"""Grad-CAM: it points to what a network looks for, of every network that it says something of."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from mien.errors import InputError, MissingExtra
from mien.explain.faithful import verdicts
from mien.explain.question import Question
from mien.models import MODELS, build
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.training import gradcam
from mien.training.gradcam import grad_cam, named_map
from mien.training.recipe import Data, Model, Recipe
from mien.training.trained import Trained
from mien.values import Scores
from tests.crop_networks import card
from tests.models.small import DETECTORS, SMALL, Small, small

OWN_MAPS = ("eacnet-enhancing", "eacnet", "jaanet")
SIZES = {"alexnet": 127, "inception": 139}
"""Of crops of which the last map of these has 2 x 2 places or more."""
SIDE = 16


class Tokens(nn.Module):
    """A map of 8 x 8 places as tokens: something else before them, and the same places thrice."""

    def forward(self, found):
        tokens = found.flatten(2).transpose(1, 2)
        return torch.cat([9 - tokens[:, :1], tokens, 0 * tokens, 0 * tokens], dim=1)


class Colours(nn.Module):
    """Two units: how much red and how much blue there is, and a third that is always the same."""

    def __init__(self, lie="channels first") -> None:
        super().__init__()
        self.lie = lie
        self.body = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.ReLU(), nn.AvgPool2d(2))
        self.laid = Tokens() if lie == "tokens" else nn.Identity()
        self.head = nn.Linear(2, 3)
        with torch.no_grad():
            self.body[0].weight[:] = torch.tensor([[1.0, -1, -1], [-1, -1, 1]])[..., None, None]
            self.head.weight[:] = torch.tensor([[4.0, 0], [0, 4], [0, 0]])
            self.head.bias[:] = 0

    @property
    def last_map(self):
        scales = 3 if self.lie == "tokens" else 1
        return LastMap(self.laid, self.lie, before=scales // 3, scales=scales)

    def forward(self, image):
        found = self.body(image)
        if self.lie == "channels first":
            return Output(self.head(self.laid(found).mean(dim=(2, 3))))
        if self.lie == "channels last":
            return Output(self.head(self.laid(found.permute(0, 2, 3, 1)).mean(dim=(1, 2))))
        return Output(self.head(3 * self.laid(found)[:, 1:].mean(dim=1)))


CARD = card(units=(4, 12, 1), size=SIDE, aligned=SIDE, mean=(0.0,) * 3, std=(1.0,) * 3)
PICTURE = np.zeros((SIDE, SIDE, 3), np.uint8)
PICTURE[1:5, 1:5, 0] = 250
PICTURE[11:15, 9:13, 2] = 250
"""Red at the top left, blue below at the right."""


@pytest.fixture(params=["channels first", "channels last", "tokens"])
def colours(request, monkeypatch, tmp_path):
    """The maps of the network of colours, as of a run, however its last map lies."""
    pytest.importorskip("captum.attr", exc_type=ImportError)
    recipe = Recipe("tiny", Model("resnet18"), Data("table", units=CARD.units))
    network = Colours(request.param).eval()
    monkeypatch.setattr(gradcam, "load_trained", lambda _: Trained(recipe, network, CARD, {}))
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


def one_of(name):
    """A network with random weights, and a card of crops of which its last map has places."""
    torch.manual_seed(0)
    network, settings = small(name).eval(), SMALL.get(name, Small())
    side, count = SIZES.get(name, settings.size), settings.outputs or 1
    return network, card(units=tuple(range(1, count + 1)), size=side, aligned=side, name=name)


@pytest.mark.parametrize("name", [name for name in MODELS if name not in (*DETECTORS, "mae")])
def test_every_network_gives_maps_or_says_why_not(name, monkeypatch, tmp_path):
    network, one = one_of(name)
    if name in OWN_MAPS:
        reason = "attention maps of its own"
        with pytest.raises(InputError, match=f"{name} .*{reason}.* --method .*occlusion"):
            named_map(network, one)
        return
    pytest.importorskip("captum.attr", exc_type=ImportError)
    recipe = Recipe("tiny", Model("resnet18"), Data("table", units=(1, 2, 4)))
    monkeypatch.setattr(gradcam, "load_trained", lambda _: Trained(recipe, network, one, {}))
    image = np.random.default_rng(1).integers(0, 255, (one.size, one.size, 3), np.uint8)
    before = network(torch.zeros(1, 3, one.size, one.size)).logits
    ask = grad_cam(tmp_path, "probability")
    found = ask(image, [0, 1])
    assert (len(found), found.ndim) == (2, 3)
    assert 2 <= found.shape[1] == found.shape[2] < one.size
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() > 0
    after = network(torch.zeros(1, 3, one.size, one.size)).logits
    assert torch.equal(before, after), "what is asked is not what is read"


@pytest.mark.parametrize(
    ("name", "options", "side"),
    [
        ("resnet18", {"head": "plain"}, 224),
        ("vgg16", {"head": "plain"}, 128),
        ("student-repvgg-a0", {}, 128),
        ("megraphau", {"backbone": "resnet18", "neighbours": 2}, 128),
        ("megraphau", {"backbone": "swin_t", "neighbours": 2}, 128),
        ("mae-teacher", {"size": 64, "patch": 8, "width": 24, "depth": 2, "heads": 2}, 64),
        ("posterv2", {"size": 128}, 128),
    ],
)
def test_a_place_of_the_map_is_that_place_of_the_picture(name, options, side):
    torch.manual_seed(0)
    network = build(name, 3, **options).eval()
    named = named_map(network, card(size=side, aligned=side, name=name))
    seen = []
    named.part.register_forward_hook(lambda _, __, given: seen.append(named.spread(given)))
    plain = torch.zeros(1, 3, side, side)
    spot = plain.clone()
    spot[..., : side // 2, side // 2 :] = 3  # above, to the right
    with torch.no_grad():
        network(plain)
        network(spot)
    change = (seen[1] - seen[0]).square().sum(dim=1)[0]
    assert side // 32 <= len(change) <= side // 8
    half = len(change) // 2
    above, below = change[:half], change[-half:]
    there = above[:, -half:].sum()
    assert there > max(above[:, :half].sum(), below[:, :half].sum(), below[:, -half:].sum())
    raw = raw_of(named, network, spot)
    assert torch.equal(named.laid(seen[1], raw), raw)


def raw_of(named, network, image):
    """What the part gives, as it gives it."""
    found = []
    hook = named.part.register_forward_hook(lambda _, __, given: found.append(given))
    with torch.no_grad():
        network(image)
    hook.remove()
    return found[0]


def test_networks_that_name_no_map_or_one_without_places_are_refused():
    class Flat(nn.Module):
        def forward(self, image):
            return Output(image.flatten(1))

    with pytest.raises(InputError, match="names no map that Grad-CAM could ask; choose --method"):
        named_map(Flat(), CARD)
    small = card(size=32, aligned=32, name="tiny")
    with pytest.raises(InputError, match="32 pixels the last map of tiny has 1 x 1 places"):
        named_map(build("resnet18", 2, head="plain").eval(), small)


def test_without_captum_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtra, match=r"compute Grad-CAM.*mien\[explain\]"):
        grad_cam(tmp_path, "probability")
