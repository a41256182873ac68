"""POSTER V2 beyond parity: sizes, the three ways of the landmark stream, what it starts from."""

from copy import deepcopy
from functools import cache

import pytest
import torch

from mien.errors import InputError
from mien.models import build
from mien.models.posternames import theirs as name_of
from mien.models.posterv2 import TOKEN, Pyramid, WindowAttention, posterv2
from mien.models.starting import load, start

SMALL = {"size": 32, "step": 1}


@cache
def built(classes, landmarks):
    torch.manual_seed(0)
    return posterv2(classes, landmarks=landmarks, **SMALL)


def small(classes=3, landmarks="learned"):
    """A network of its own; to build one takes longer than to copy it."""
    return deepcopy(built(classes, landmarks))


def picture(side=32):
    return torch.randn(4, 3, side, side, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_it_matters_where_a_token_stands():
    torch.manual_seed(0)
    pyramid, tokens = Pyramid(3).eval(), torch.randn(1, 3, TOKEN)
    apart = (pyramid(tokens) - pyramid(tokens.flip(1))).abs().max()
    pyramid.positions.zero_()
    alike = (pyramid(tokens) - pyramid(tokens.flip(1))).abs().max()
    assert alike < 1e-5
    assert apart > 1e-3


def stream(network):
    """Every number of the landmark stream."""
    return {key: one.clone() for key, one in network.landmarks.state_dict().items()}


def changed(before, after, ending=""):
    return {
        key for key, one in before.items() if key.endswith(ending) and not one.equal(after[key])
    }


def learn(network):
    """One step of training."""
    network.train()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    network(picture()).logits.square().sum().backward()
    optimiser.step()


def test_the_landmark_stream_learns_by_default():
    network = small()
    before = stream(network)
    learn(network)
    after = stream(network)
    assert "first.0.0.weight" in changed(before, after)
    assert changed(before, after, "running_mean")


def test_a_frozen_landmark_stream_stays_wholly_as_it_is():
    network = small(landmarks="frozen")
    before = stream(network)
    learn(network)
    assert not changed(before, stream(network))
    assert network.training
    assert not network.landmarks.training


def test_the_released_way_keeps_weights_and_lets_statistics_drift():
    network = small(landmarks="drifting")
    before = stream(network)
    learn(network)
    moved = changed(before, stream(network))
    assert moved
    assert all("running" in key or "num_batches" in key for key in moved)


def test_every_second_pixel_is_read():
    network = small().eval()
    image = picture(64)
    with torch.no_grad():
        wanted = network(image[..., ::2, ::2]).logits
        network.step = build("posterv2", 3, size=64).step
        assert torch.equal(network(image).logits, wanted)


def test_the_queries_are_taken_as_they_come():
    """One head, one channel that counts: softmax of query x key / sqrt(32), by hand."""
    attention = WindowAttention(32, 2)
    with torch.no_grad():
        attention.bias_table.zero_()
        attention.key_value.weight.zero_()
        attention.key_value.bias.zero_()
        attention.key_value.weight[0, 0] = 1  # the first channel is the key
        attention.key_value.weight[32, 1] = 1  # the second the value
        attention.project.weight.copy_(torch.eye(32))
        attention.project.bias.zero_()
        landmarks, image = torch.zeros(1, 4, 32), torch.zeros(1, 4, 32)
        landmarks[0, 0, 0] = 32**0.5
        image[0, :, 0] = torch.tensor([0.0, 1.0, 2.0, 3.0])
        image[0, :, 1] = torch.tensor([1.0, 0.0, 0.0, 5.0])
        found = attention(landmarks, image)
    shares = torch.tensor([0.0, 1.0, 2.0, 3.0]).softmax(0)
    assert found[0, 0, 0] == pytest.approx(float(shares[0] + 5 * shares[3]), abs=1e-6)
    assert found[0, 1, 0] == pytest.approx(1.5, abs=1e-6)


def test_the_attention_is_computed_in_float32_whatever_the_rest_is():
    attention = WindowAttention(64, 4).eval()
    generator = torch.Generator().manual_seed(3)
    landmarks = 300 * torch.randn(1, 16, 64, generator=generator)
    image = torch.randn(1, 16, 64, generator=generator)
    with torch.no_grad():
        exact = attention(landmarks, image)
        with torch.autocast("cpu", torch.bfloat16):
            half = attention(landmarks, image)
    assert (half - exact).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"size": 200}, "200 pixels with a step of 2"),
        ({"size": 32}, "32 pixels with a step of 2"),
        ({"size": 224, "step": 3}, "step of 3"),
        ({"landmarks": "thawed"}, "cannot be 'thawed'; choose learned, frozen, drifting"),
    ],
)
def test_what_cannot_be_built_is_refused(options, reason):
    with pytest.raises(InputError, match=reason):
        build("posterv2", 7, **options)


def test_a_random_landmark_stream_may_not_be_kept(tmp_path):
    network = small(landmarks="frozen")
    with pytest.raises(InputError, match=r"'landmarks' of PosterV2 .* would stay random"):
        start(network, "")
    image = {f"module.{key}": one for key, one in names(network, "image.", "ir_back.").items()}
    torch.save(image, tmp_path / "ir50.pth")
    with pytest.raises(InputError, match="would stay random"):
        start(network, str(tmp_path / "ir50.pth"))
    torch.save({"state_dict": names(network, "landmarks.", "face_landback.")}, tmp_path / "m.pth")
    other = small(landmarks="frozen")
    torch.nn.init.zeros_(other.landmarks.first[0][0].weight)
    start(other, f"{tmp_path / 'ir50.pth'}, {tmp_path / 'm.pth'}")
    assert other.landmarks.first[0][0].weight.equal(network.landmarks.first[0][0].weight)


def names(network, ours, theirs):
    """A stream's tensors as its own published file names them."""
    return {
        name_of(key).removeprefix(theirs): one
        for key, one in network.state_dict().items()
        if key.startswith(ours)
    }


def test_a_network_of_other_classes_gives_all_but_its_head():
    seven = small(7)
    with torch.no_grad():
        seven.pyramid.token.fill_(0.5)
    weights = seven.state_dict()
    eight, said = small(8), []
    load(eight, weights, "seven.pt", said.append)
    assert float(eight.pyramid.token.detach().mean()) == 0.5
    assert said == [f"seven.pt: goes on from {len(weights) - 2} tensors; the rest stays as it is: "
                    "head.weight, head.bias"]  # fmt: skip
    again = small(7)
    load(again, weights, "seven.pt", said.append)
    assert torch.equal(again.head.weight, seven.head.weight)
    assert len(said) == 1
