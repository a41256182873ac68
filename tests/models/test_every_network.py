"""One sweep over every line of MODELS."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from mien.models import MODELS, build
from mien.models.mae import MaskedAutoencoder
from mien.models.output import Output
from mien.models.yolo import Yolo


class Small(NamedTuple):
    """Settings that make a network fast, not others."""

    size: int = 64
    options: Mapping[str, Any] = MappingProxyType({})
    outputs: int | None = 3


DETECTORS = ("yolov5n", "yolov5s", "yolov5m")
"""Of 64 pixels they give 252 boxes with two classes each; their numbers count as one row."""
TRANSFORMER = {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 2}
SMALL = {
    "inception": Small(75, {"head": "plain"}),
    **dict.fromkeys(("alexnet", "vgg16", "vgg16-bn", "vgg19"), Small(64, {"head": "plain"})),
    **dict.fromkeys(("resnet50", "resnet101"), Small(64, {"head": "plain"})),
    "resnet18": Small(64, {"head": "small"}),
    "eacnet-enhancing": Small(64, {"size": 64}, 2),
    "eacnet": Small(64, {}, 2),
    "jaanet": Small(64, {"units": (1, 12), "size": 64}, 2),
    "megraphau": Small(224, {"backbone": "resnet18", "neighbours": 2}),
    "opengraphau": Small(224, {"backbone": "resnet18"}, 41),
    "mae": Small(32, {**TRANSFORMER, "decoder_width": 12, "decoder_heads": 2}, None),
    "mae-teacher": Small(32, TRANSFORMER),
    **dict.fromkeys(DETECTORS, Small(64, outputs=2)),
    "posterv2": Small(64, {"size": 64}),
}
"""A network that is not named here is built as it is."""


def small(name):
    """A new network with random weights."""
    settings = SMALL.get(name, Small())
    return build(name, settings.outputs, **settings.options)


def read(network, image):
    """What a network gives; where it needs landmarks, those of a face in the crop.

    An auto-encoder is asked for half of the patches: what it says of them are its numbers.
    """
    if isinstance(network, MaskedAutoencoder):
        masked = torch.arange(network.encoder.count) % 2 == 0
        return Output(network(image, masked.expand(len(image), -1)).flatten(1))
    if isinstance(network, Yolo):
        return Output(network(image).logits.flatten(1))
    if not getattr(network, "needs_landmarks", False):
        return network(image)
    points = torch.rand(len(image), 49, 2, generator=torch.Generator().manual_seed(2))
    return network(image, (0.2 + 0.6 * points) * image.shape[-1])


@pytest.fixture(scope="module", params=list(MODELS))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def network(name):
    torch.manual_seed(0)
    return small(name)


@pytest.fixture(scope="module")
def image(name):
    size = SMALL.get(name, Small()).size
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))


def test_forward_is_finite_of_the_right_shape_and_repeatable(name, network, image):
    network.eval()
    with torch.no_grad():
        first, second = read(network, image), read(network, image)
    outputs = SMALL.get(name, Small()).outputs
    if name in DETECTORS and outputs:
        outputs = 252 * (5 + outputs)
    assert first.logits.shape == (2, outputs or first.logits.shape[1])
    assert torch.isfinite(first.logits).all()
    assert torch.equal(first.logits, second.logits)
    assert first.logits[0].tolist() != first.logits[1].tolist()


def test_the_gradient_reaches_every_parameter(network, image):
    network.zero_grad(set_to_none=True)
    given = [one for one in vars(read(network.train(), image)).values() if one is not None]
    sum(one.square().sum() for one in given if one.requires_grad).backward()
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    network.zero_grad(set_to_none=True)


def test_the_state_survives_a_round_trip(name, network, image):
    torch.manual_seed(7)
    other = small(name).eval()
    network.eval()
    with torch.no_grad():
        wanted = read(network, image).logits
        assert not torch.allclose(read(other, image).logits, wanted)
        other.load_state_dict(network.state_dict())
        assert torch.equal(read(other, image).logits, wanted)


def test_every_tensor_is_a_parameter_or_a_buffer(network):
    for module in network.modules():
        for name, value in vars(module).items():
            kept = value.values() if isinstance(value, dict) and name[0] != "_" else [value]
            assert not any(isinstance(one, Tensor) for one in kept), name


def test_the_device_is_left_to_the_caller(name):
    with torch.device("meta"):
        network = small(name)
    everything = [*network.parameters(), *network.buffers()]
    assert {one.device.type for one in everything} == {"meta"}
    assert isinstance(network, nn.Module)
