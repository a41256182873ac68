"""The teacher against the authors' network with the same weights."""

import json

import numpy as np
import pytest
import torch

from mien.models import build
from mien.models.importing import from_official
from tests.parity.drawn import drawn_tensor, picture

KEYS = "libreface_mae_teacher_au_keys.json"


@pytest.fixture(scope="module")
def keys(shared):
    found = json.loads((shared / "parity" / KEYS).read_text())
    return {one["key"]: tuple(one["shape"]) for one in found["keys"]}, found["numbers"]


def test_tokens_features_and_intensities_are_the_authors(shared, keys):
    names, _ = keys
    # the encoder that a checkpoint holds a second time does not count, and takes long to draw
    once = {key: shape for key, shape in names.items() if not key.startswith("mae.")}
    state = {key: drawn_tensor(key, shape) for key, shape in once.items()}
    network = from_official("mae-teacher", state)
    wanted = np.load(shared / "parity" / "libreface_mae_teacher_au.npz")
    with torch.no_grad():
        tokens = network.encoder(picture(224)).double().numpy()
        output = network(picture(224))
    assert tokens.shape == tuple(wanted["encoder_tokens_shape"])
    assert np.abs(tokens.flatten()[:32] - wanted["encoder_tokens_head"]).max() < 1e-4
    assert tokens.mean() == pytest.approx(float(wanted["encoder_tokens_mean"]), abs=1e-5)
    assert tokens.std() == pytest.approx(float(wanted["encoder_tokens_std"]), abs=1e-5)
    assert np.abs(output.features.numpy() - wanted["features"]).max() < 1e-4
    assert np.abs(output.logits.numpy() / 5 - wanted["output"]).max() < 1e-4


def test_names_and_shapes_are_those_of_the_checkpoint(keys):
    with torch.device("meta"):
        whole, network = build("mae"), build("mae-teacher", 12)
    ours = {f"mae.{key}": tuple(value.shape) for key, value in whole.state_dict().items()}
    ours |= {key: tuple(value.shape) for key, value in network.state_dict().items()}
    names, numbers = keys
    assert ours == names
    counted = [shape for key, shape in ours.items() if not key.endswith("num_batches_tracked")]
    assert sum(int(np.prod(shape)) for shape in counted) == numbers
