"""POSTER V2 against the authors' network with the same weights."""

import numpy as np
import pytest
import torch

from mien.errors import WeightsError
from mien.models.importing import from_official
from mien.models.posterv2 import posterv2
from tests.parity.drawn import drawn_state, picture

USED = 43_753_941
"""Numbers that a result depends on, with seven classes."""
CLOSE = 1e-5


def swin_index(side):
    """The index of a window as Swin builds it, through a grid of coordinates."""
    grid = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"))
    flat = grid.flatten(1)
    apart = (flat[:, :, None] - flat[:, None, :]).permute(1, 2, 0) + side - 1
    return apart[..., 0] * (2 * side - 1) + apart[..., 1]


def checkpoint(shared, classes):
    """The authors' state dict, filled by the rule of the fixtures."""
    state = drawn_state(shared / "parity" / f"poster_v2_{classes}cls_keys.json")
    for number, side in enumerate((28, 14, 7), 1):
        state[f"attn{number}.relative_position_index"] = swin_index(side)
    return state


@pytest.fixture(scope="module")
def state(shared):
    return checkpoint(shared, 7)


@pytest.fixture(scope="module")
def network(state):
    return from_official("posterv2", state)


@pytest.fixture(scope="module")
def seen(network):
    """What every part gives for the pictures of the fixture."""
    found = {}

    def keep(name):
        return lambda _, __, given: found.__setitem__(name, given)

    parts = {f"attn{n}": one.attention for n, one in enumerate(network.scales, 1)}
    parts |= {f"ffn{n}": one for n, one in enumerate(network.scales, 1)}
    parts |= {"ir": network.image, "lm": network.landmarks, "cls_feature": network.pyramid.norm}
    hooks = [part.register_forward_hook(keep(name)) for name, part in parts.items()]
    hooks.append(
        network.pyramid.register_forward_pre_hook(lambda _, given: found.update(tokens=given[0]))
    )
    with torch.no_grad():
        found["output"] = network(picture(224))
    for hook in hooks:
        hook.remove()
    for kind in ("lm", "ir"):
        found |= {f"{kind}{n}": one for n, one in enumerate(found[kind], 1)}
    found |= {f"ffn{n}": found[f"ffn{n}"].permute(0, 2, 3, 1) for n in (1, 2, 3)}
    return found


@pytest.fixture(scope="module")
def wanted(shared):
    return np.load(shared / "parity" / "poster_v2.npz")


def test_logits_and_features_are_the_authors(seen, wanted):
    output = seen["output"]
    assert np.abs(output.logits.numpy() - wanted["logits"]).max() < CLOSE
    assert np.abs(output.features.numpy() - wanted["se_feature"]).max() < CLOSE
    assert np.abs(seen["cls_feature"].numpy() - wanted["cls_feature"]).max() < CLOSE


def test_attention_within_the_windows(seen, wanted):
    assert np.abs(seen["attn3"].numpy() - wanted["attn3"]).max() < 1e-3
    assert np.abs(seen["ffn3"].numpy() - wanted["ffn3"]).max() < 1e-3
    rows = seen["tokens"][:, [0, 1, 48, 49, 97, 98, 146]]
    assert np.abs(rows.numpy() - wanted["tokens_rows"]).max() < 1e-3


@pytest.mark.parametrize(
    "name", ["lm1", "lm2", "lm3", "ir1", "ir2", "ir3", "attn1", "attn2", "ffn1", "ffn2", "tokens"]
)
def test_maps_of_both_streams_and_all_scales(seen, wanted, name):
    ours = seen[name].contiguous().numpy()
    assert ours.shape == tuple(wanted[f"{name}_shape"])
    largest = np.abs(ours).max()
    close = CLOSE * largest if name[:2] in ("lm", "ir") else 1e-3
    assert np.abs(ours.ravel()[:32] - wanted[f"{name}_head"]).max() < close
    assert abs(ours.mean(dtype=np.float64) - wanted[f"{name}_mean"]) < close
    assert abs(ours.std(dtype=np.float64) - wanted[f"{name}_std"]) < close


def test_eight_classes(shared, wanted):
    network = from_official("posterv2", checkpoint(shared, 8))
    with torch.no_grad():
        assert np.abs(network(picture(224)).logits.numpy() - wanted["cls8_logits"]).max() < CLOSE


def test_sizes_of_the_parts(network, state):
    def size(module):
        return sum(one.numel() for one in module.parameters())

    assert size(network) == USED
    counted = ("running_mean", "running_var", "num_batches_tracked", "relative_position_index")
    whole = sum(one.numel() for key, one in state.items() if not key.endswith(counted))
    assert whole == 58_316_594
    assert size(network.landmarks) == 1_007_248 - 96_016
    assert size(network.image) == 30_459_584 - 12_847_616
    assert [size(one) for one in network.image.stages] == [222_144, 1_116_800, 16_271_104]
    assert [size(one.attention) for one in network.scales] == [18_530, 52_452, 198_728]
    assert [size(one) for one in network.embeds] == [5_752_320, 885_504, 197_376]
    assert size(network.narrow) == 1_179_904
    assert size(posterv2(8)) == USED + 769


def test_another_window_is_refused(state):
    other = state | {"attn2.relative_position_index": swin_index(14).T.contiguous()}
    with pytest.raises(WeightsError, match=r"attn2\.relative_position_index .* otherwise"):
        from_official("posterv2", other)


def test_the_checkpoint_is_read_strictly(state):
    lacking = {key: one for key, one in state.items() if key != "ffn2.gamma1"}
    with pytest.raises(WeightsError, match=r"lacks tensors for posterv2: ffn2\.gamma1"):
        from_official("posterv2", lacking)
    with pytest.raises(WeightsError, match=r"unknown tensors for posterv2: VIT\.extra"):
        from_official("posterv2", state | {"VIT.extra": torch.zeros(1)})
    with pytest.raises(WeightsError, match="no checkpoint of POSTER V2"):
        from_official("posterv2", {"a": torch.zeros(1)})


def test_streams_are_taken_from_files_of_their_own(state):
    """IR-50 with its units counted by stage and counted through, and MobileFaceNet."""
    network = posterv2(5, landmarks="frozen")
    own = network.state_dict()
    parts = {
        name: {key.removeprefix(name): one for key, one in state.items() if key.startswith(name)}
        for name in ("ir_back.", "face_landback.")
    }
    image = network.goes_on(parts["ir_back."])
    points = network.goes_on({f"module.{key}": v for key, v in parts["face_landback."].items()})
    assert set(image) == {key for key in own if key.startswith("image.")}
    assert set(points) == {key for key in own if key.startswith("landmarks.")}
    last = parts["ir_back."]["body3.13.res_layer.4.bias"]
    assert torch.equal(image["image.stages.2.13.residual.4.bias"], last)
    through = {}
    for key, value in parts["ir_back."].items():
        stage, _, rest = key.partition(".")
        first = {"body1": 0, "body2": 3, "body3": 7}.get(stage)
        unit, _, rest_of = rest.partition(".")
        name = key if first is None else f"body.{first + int(unit)}.{rest_of}"
        through[name] = value
    through["body.21.res_layer.0.weight"] = torch.ones(256)
    again = network.goes_on(through)
    assert all(torch.equal(again[key], value) for key, value in image.items())
    del through["body.6.res_layer.1.weight"]
    with pytest.raises(WeightsError, match=r"IR-50 lacks tensors: body2\.3\.res_layer\.1\.weight"):
        network.goes_on(through)


def test_a_whole_checkpoint_gives_its_head_to_as_many_classes(state):
    assert "head.weight" not in posterv2(8).goes_on(state)
    assert "head.weight" in posterv2(7).goes_on(state)
