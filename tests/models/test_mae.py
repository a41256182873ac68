"""Masked auto-encoders and the teacher that is made of one, at the size of a stamp."""

import pytest
import torch
from torch.nn import functional

from mien.errors import InputError, ShapeError, WeightsError
from mien.models import build, vit
from mien.models.importing import from_official
from mien.models.mae import patches_of
from mien.models.starting import load
from mien.models.vit import Encoder, Size, places

SMALL = {"size": 32, "patch": 8, "width": 24, "depth": 2, "heads": 2}
DECODER = {"decoder_width": 16, "decoder_depth": 1, "decoder_heads": 2}


def picture(seed=0, side=32):
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def whole():
    torch.manual_seed(0)
    return build("mae", **SMALL, **DECODER).eval()


@pytest.fixture
def masked():
    """Twelve of sixteen places, others in each picture."""
    drawn = torch.rand(2, 16, generator=torch.Generator().manual_seed(3))
    return drawn.argsort(dim=1).argsort(dim=1) < 12


def test_attention_is_that_of_separate_products():
    torch.manual_seed(0)
    layer = vit.Attention(12, 3)
    torch.nn.init.normal_(layer.q_bias)
    torch.nn.init.normal_(layer.v_bias)
    tokens = torch.randn(2, 5, 12)
    query, key, value = (
        functional.linear(tokens, layer.qkv.weight[12 * part : 12 * part + 12]) for part in range(3)
    )
    heads = []
    for head in range(3):
        own = slice(4 * head, 4 * head + 4)
        products = (query + layer.q_bias)[..., own] @ key[..., own].transpose(1, 2)
        heads.append((products / 2).softmax(dim=-1) @ (value + layer.v_bias)[..., own])
    wanted = layer.proj(torch.cat(heads, dim=-1))
    assert torch.allclose(layer(tokens), wanted, atol=1e-6)


def test_tokens_know_their_places():
    torch.manual_seed(0)
    encoder = Encoder(32, 8, Size(24, 1, 2)).eval()
    same = torch.ones(1, 3, 32, 32)
    with torch.no_grad():
        found = encoder(same)
        some = encoder(same, torch.tensor([[3, 0, 7]]))
    assert not torch.allclose(found[0, 0], found[0, 1])
    assert some.shape == (1, 3, 24)
    # places differ more the farther they lie apart, at first
    table = places(16, 24)[0]
    assert (table[0] - table[1]).norm() < (table[0] - table[4]).norm()


def test_nothing_is_read_of_masked_patches(whole, masked):
    image = picture()
    over = masked.reshape(2, 1, 4, 4).repeat_interleave(8, dim=2).repeat_interleave(8, dim=3)
    with torch.no_grad():
        found = whole(image, masked)
        assert found.shape == (2, 12, 8 * 8 * 3)
        assert torch.equal(found, whole(torch.where(over, 9.0, image), masked))
        assert not torch.allclose(found, whole(torch.where(over, image, 9.0), masked))


def test_every_seen_patch_is_read(whole, masked):
    image = picture().requires_grad_()
    whole(image, masked).square().sum().backward()
    moved = patches_of(image.grad, 8).abs().sum((2, 3)) > 0
    assert torch.equal(moved, ~masked)


def test_patches_are_in_the_order_of_the_tokens():
    image = torch.zeros(1, 3, 32, 32)
    image[0, 1, 8:16, 24:32] = 1.0  # second row, fourth column: place 7
    found = patches_of(image, 8)
    assert found[0, 7, :, 1].eq(1).all()
    assert found.sum() == 64
    tokens = Encoder(32, 8, Size(24, 1, 2)).patch_embed(image).flatten(2).transpose(1, 2)
    assert (tokens.abs().sum(-1) > 0)[0].nonzero().tolist() == [[7]]


def test_a_teacher_takes_the_encoder_of_an_auto_encoder(whole):
    torch.manual_seed(5)
    network = build("mae-teacher", 4, **SMALL)
    own = {key: value.clone() for key, value in network.state_dict().items()}
    told = []
    load(network, whole.state_dict(), "a run", told.append)
    for key, value in network.state_dict().items():
        before = whole.state_dict() if key.startswith("encoder.") else own
        assert torch.equal(value, before[key]), key
    assert "proj.weight" in told[0]


def test_a_teacher_takes_all_but_the_last_layer_of_other_outputs():
    torch.manual_seed(5)
    first, second = build("mae-teacher", 7, **SMALL), build("mae-teacher", 4, **SMALL)
    own = {key: value.clone() for key, value in second.state_dict().items()}
    load(second, first.state_dict(), "a run")
    for key, value in second.state_dict().items():
        before = own if key.startswith("interpreter.4.") else first.state_dict()
        assert torch.equal(value, before[key]), key
    load(second, build("mae-teacher", 4, **SMALL).state_dict(), "a run of the same outputs")
    with pytest.raises(WeightsError, match="of another shape"):
        load(second, build("mae-teacher", 7, **{**SMALL, "width": 12}).state_dict(), "another")


@pytest.fixture
def published(whole):
    """A checkpoint as the authors save it: the auto-encoder, and its encoder once more."""
    network = build("mae-teacher", 12, **SMALL)
    state = {f"mae.{key}": value for key, value in whole.state_dict().items()}
    return network, state | network.state_dict()


def test_a_published_checkpoint_is_read_strictly(published):
    network, state = published
    state = {f"module.{key}": value for key, value in state.items()}
    found = from_official("mae-teacher", state)
    assert found.encoder.side == 32
    # heads of 64 are those of the published widths; the file does not say how many
    assert found.encoder.blocks[0].attn.heads == 1
    assert all(torch.equal(one, network.state_dict()[key])
               for key, one in found.state_dict().items())  # fmt: skip
    with pytest.raises(WeightsError, match=r"lacks tensors .* mae\.mask_token"):
        from_official("mae-teacher", {k: v for k, v in state.items() if "mask_token" not in k})
    with pytest.raises(WeightsError, match=r"unknown tensors .* mae\.strange"):
        from_official("mae-teacher", {**state, "module.mae.strange": torch.zeros(1)})
    with pytest.raises(WeightsError, match=r"no checkpoint of a teacher: it has no proj\.weight"):
        from_official("mae-teacher", {k: v for k, v in state.items() if k != "module.proj.weight"})
    with pytest.raises(WeightsError, match="no checkpoint of a masked auto-encoder"):
        from_official("mae", {"a": torch.zeros(1)})


def test_a_run_starts_from_a_published_checkpoint(published):
    network, state = published
    for outputs in (12, 4):
        other = build("mae-teacher", outputs, **SMALL)
        load(other, state, "a file")
        assert torch.equal(other.proj.weight, network.proj.weight)
        same = torch.equal(other.interpreter[4].weight[:4], network.interpreter[4].weight[:4])
        assert same == (outputs == 12)


def test_a_published_auto_encoder_is_read(whole):
    state = build("mae", **{**SMALL, "size": 224}, **DECODER).state_dict()
    found = from_official("mae", state)
    assert all(torch.equal(one, state[key]) for key, one in found.state_dict().items())


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"size": 30}, "patches of 8 pixels do not fill a picture of 30"),
        ({"heads": 5}, "5 heads do not divide a width of 24"),
        ({"depth": 0}, "depth and heads from 1 on"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options, what):
    for name, outputs in (("mae", None), ("mae-teacher", 2)):
        with pytest.raises(InputError, match=what):
            build(name, outputs, **{**SMALL, **options})
    with pytest.raises(InputError, match="5 heads do not divide"):
        build("mae", **SMALL, decoder_width=16, decoder_heads=5)


def test_pictures_of_another_size_are_refused():
    network = build("mae-teacher", 2, **SMALL).eval()
    with pytest.raises(ShapeError, match="32 x 32 pixels, and one of 40 x 40 came"):
        network(picture(side=40))


def test_an_auto_encoder_has_no_outputs():
    with pytest.raises(InputError, match="mae says nothing of units or classes, and 3 were asked"):
        build("mae", 3)
    with pytest.raises(InputError, match="mae-teacher was asked for no outputs"):
        build("mae-teacher")


def test_intensities_are_five_times_what_the_head_says():
    torch.manual_seed(0)
    network = build("mae-teacher", 2, **SMALL).eval()
    logits = build("mae-teacher", 2, **SMALL, form="logits").eval()
    logits.load_state_dict(network.state_dict())
    with torch.no_grad():
        output = network(picture())
        assert torch.allclose(output.logits, 5 * network.interpret(output.features))
        assert torch.allclose(5 * logits(picture()).logits, output.logits)
    with pytest.raises(InputError, match="no form 'scaled'; choose unbounded or logits"):
        build("mae-teacher", 2, **SMALL, form="scaled")
