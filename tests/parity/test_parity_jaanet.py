"""JAA-Net against the authors' networks with the same weights, and its maps."""

import numpy as np
import pytest
import torch

from mien.models.importing import from_official
from mien.models.jaanet import jaanet
from tests.parity.drawn import jaanet_state, picture

BP4D = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
DISFA = (1, 2, 4, 6, 9, 12, 25, 26)
GFT = (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)


@pytest.mark.parametrize("name", ["bp4d", "disfa"])
@pytest.mark.parametrize("version", [1, 2])
def test_everything_is_the_authors(shared, name, version):
    network = from_official("jaanet", jaanet_state(shared / "parity", name, version))
    wanted = np.load(shared / "parity" / f"jaanet_{name}.npz")
    with torch.no_grad():
        output = network(picture(176))
    points = output.landmarks.flatten(1).numpy()
    assert np.abs(points - wanted["landmarks"]).max() < 1e-4
    probability = output.logits.sigmoid().numpy()
    assert np.abs(probability - wanted[f"v{version}_prob"]).max() < 1e-5
    assert np.abs(output.drawn[:, :, ::4, ::4].numpy() - wanted["initial_map_grid"]).max() < 1e-5
    assert np.abs(output.maps[:, :, ::4, ::4].numpy() - wanted["refined_map_grid"]).max() < 1e-5
    assert np.allclose(output.maps.sum((2, 3)).numpy(), wanted["refined_map_sum_per_au"], rtol=1e-5)
    if version == 2:
        assert np.abs(output.local.sigmoid().numpy() - wanted["v2_local_prob"]).max() < 1e-5


@pytest.mark.parametrize(("name", "units"), [("bp4d", BP4D), ("disfa", DISFA), ("gft", GFT)])
def test_maps_over_the_borders_too(shared, name, units):
    wanted = np.load(shared / "parity" / "jaanet_maps.npz")
    with torch.device("meta"):
        network = jaanet(len(units), units=units)
    points = torch.from_numpy(wanted["landmarks"]).float().unflatten(1, (49, 2))
    assert np.abs(network.draw(points).numpy() - wanted[f"maps_{name}"]).max() < 1e-6


@pytest.mark.parametrize(
    ("units", "version", "size"),
    [(BP4D, 1, 22_162_854), (BP4D, 2, 25_237_182), (DISFA, 1, 18_603_674), (DISFA, 2, 20_653_226)],
)
def test_sizes_are_the_published_ones(units, version, size):
    with torch.device("meta"):
        network = jaanet(len(units), units=units, version=version)
    assert sum(one.numel() for one in network.parameters()) == size
