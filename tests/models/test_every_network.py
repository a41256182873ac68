"""One sweep over every line of MODELS."""

import pytest
import torch
from torch import Tensor, nn

from mien.models import MODELS
from mien.models.mae import MaskedAutoencoder
from mien.models.output import Output
from mien.models.yolo import Yolo
from tests.models.small import DETECTORS, SMALL, Small, small


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
