"""Students against LibreFace's networks with the same weights."""

import numpy as np
import pytest
import torch

from mien.losses.distillation import shortened
from mien.models.importing import from_official
from mien.models.repvgg import fused
from tests.parity.drawn import drawn_state, picture

CASES = {
    "au_intensity_resnet18": ("student-intensity", 11_253_836),
    "au_combined_resnet18": ("student-combined", 11_321_560),
    "fer_resnet18": ("student-expression", 11_253_320),
    "au_repvgg_a0": ("student-intensity", 9_712_852),
    "fer_repvgg_a0": ("student-expression", 9_712_336),
}
"""Our name of each, and how many numbers it has with the statistics of its norms."""
PRESENCE = ("au_intensity_resnet18", "au_repvgg_a0")


@pytest.fixture(params=CASES)
def case(request):
    return request.param


def read(shared, case, name):
    network = from_official(name, drawn_state(shared / "parity" / f"libreface_{case}_keys.json"))
    with torch.no_grad():
        return network, network(picture(224))


def near(found, wanted, share):
    """Within a share of the largest number."""
    return np.abs(found.numpy() - wanted).max() <= share * max(1, np.abs(wanted).max())


def test_features_and_scores_are_the_authors(shared, case):
    name, size = CASES[case]
    wanted = np.load(shared / "parity" / f"libreface_{case}.npz")
    network, found = read(shared, case, name)
    numbers = [one.numel() for one in network.state_dict().values() if one.is_floating_point()]
    assert sum(numbers) == size
    repvgg = "repvgg" in case
    assert near(found.features, wanted["features"], 1e-3 if repvgg else 1e-4)
    if repvgg and name == "student-intensity":  # no sigmoid; the numbers are in the thousands
        assert near(found.logits / 5, wanted["output"], 1e-3)
    elif name == "student-combined":
        assert near(found.logits / 5, wanted["au_recognition"], 1e-4)
        assert near(found.occurrence.sigmoid(), wanted["au_detection"], 1e-4)
        assert (network.beside, found.expression) == (("occurrence",), None)
    elif name == "student-intensity":
        assert near(found.logits, wanted["intensity"], 1e-4)
        assert near(found.logits / 5, wanted["output"], 1e-4)
        short = shortened(found.features, 128)
        assert near(short, wanted["features_interp128"], 1e-4)
    elif not repvgg:  # that of RepVGG is 0 or 1
        assert near(found.logits, wanted["output"], 1e-4)


@pytest.mark.parametrize("case", PRESENCE)
def test_presence_is_the_same_network_with_another_meaning(shared, case):
    wanted = np.load(shared / "parity" / f"libreface_{case}.npz")["output"]
    _, found = read(shared, case, "student-occurrence")
    said = found.logits if "repvgg" in case else found.logits.sigmoid()
    assert near(said, wanted, 1e-3 if "repvgg" in case else 1e-4)


def test_one_convolution_says_what_the_branches_say(shared):
    wanted = np.load(shared / "parity" / "libreface_au_repvgg_a0.npz")
    network, branches = read(shared, "au_repvgg_a0", "student-intensity")
    with torch.no_grad():
        found = fused(network)(picture(224))
    assert near(found.logits / 5, wanted["output"], 1e-3)
    assert near(found.features, branches.features.numpy(), 1e-4)
