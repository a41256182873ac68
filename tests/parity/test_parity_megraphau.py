"""ME-GraphAU and OpenGraphAU against the authors' networks with the same weights."""

import numpy as np
import pytest
import torch

from mien.models.graph import Neighbours
from mien.models.importing import from_official
from tests.parity.drawn import drawn_state, drawn_tensor, picture

CASES = {
    "megraphau_stage1": ("megraphau", 28_253_784),
    "megraphau_stage2": ("megraphau", 31_666_132),
    "opengraphau_stage1": ("opengraphau", 32_223_862),
    "opengraphau_stage2": ("opengraphau", 35_637_698),
}


@pytest.mark.parametrize("case", CASES)
def test_scores_nodes_and_edges_are_the_authors(shared, case):
    name, size = CASES[case]
    network = from_official(name, drawn_state(shared / "parity" / f"{case}_keys.json"))
    assert sum(one.numel() for one in network.parameters()) == size
    wanted = np.load(shared / "parity" / f"{case}.npz")
    with torch.no_grad():
        output = network(picture(224))
        nodes, edges, _ = network.body(picture(224))
    assert np.abs(output.probability.numpy() - wanted["au"]).max() < 1e-6
    assert np.abs(output.logits.sigmoid().numpy() - wanted["au"]).max() < 1e-6
    assert np.abs(nodes.numpy() - wanted["node_out"]).max() < 1e-4
    if "edge_logits" in wanted:
        assert np.abs(output.edges.numpy() - wanted["edge_logits"]).max() < 1e-4
    if "edge_out_head" in wanted:
        assert np.abs(edges.flatten()[:32].numpy() - wanted["edge_out_head"]).max() < 1e-3


def test_the_short_form_of_the_edges_is_the_long_one(shared):
    network = from_official("megraphau", drawn_state(shared / "parity/megraphau_stage2_keys.json"))
    with torch.no_grad():
        short = network(picture(224))
        network.body.edges.direct = True
        long = network(picture(224))
    assert torch.allclose(short.edges, long.edges, atol=5e-5)
    assert torch.allclose(short.probability, long.probability, atol=5e-7)


@pytest.mark.parametrize(
    ("stored", "metric", "count"),
    [
        ("dots_k4", "dots", 4),
        ("dots_k3", "dots", 3),
        ("cosine_k4", "cosine", 4),
        ("l1_k4", "l1", 4),
    ],
)
def test_the_graph_layer_with_ties_and_a_dead_node(shared, stored, metric, count):
    wanted = np.load(shared / "parity" / "megraphau_fgg.npz")
    layer = Neighbours(12, 64, count, metric).eval()
    names = {"own": "fgg.U", "other": "fgg.V", "norm": "fgg.bnv"}
    state = layer.state_dict()
    for key, value in state.items():
        part, _, last = key.partition(".")
        state[key] = drawn_tensor(f"{names[part]}.{last}", tuple(value.shape))
    layer.load_state_dict(state)
    nodes = torch.from_numpy(wanted["x"])
    with torch.no_grad():
        joined, found = layer.adjacency(nodes), layer(nodes)
    assert np.array_equal(joined.numpy(), wanted[f"{stored}_adj"])
    assert np.abs(found.numpy() - wanted[f"{stored}_out"]).max() < 1e-5
