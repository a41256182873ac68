"""ME-GraphAU and OpenGraphAU as they are built: sizes, options, backbones, forms of the edges."""

import pytest
import torch
from torch import nn

from mien.errors import InputError
from mien.models import build
from mien.models.graph import Edges, Gated, Neighbours
from mien.models.megraphau import OPEN_NODES, OPEN_SIDED, OPEN_UNITS, official, related

BP4D = 1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24
SIZES = {
    "resnet18": (11_176_512, 11_478_232, 11_693_012),
    "resnet50": (23_508_032, 28_253_784, 31_666_132),
    "resnet101": (42_500_160, 47_245_912, 50_658_260),
    "swin_t": (27_519_354, 29_899_026, 31_819_534),
    "swin_s": (48_837_258, 51_216_930, 53_137_438),
    "swin_b": (86_743_224, 90_964_688, 94_377_036),
}
"""Parameters of the backbone, of stage 1 and of stage 2 for twelve units, as the authors' code has
them."""


def count(network):
    return sum(one.numel() for one in network.parameters())


@pytest.mark.parametrize("backbone", SIZES)
def test_sizes_are_the_authors(backbone):
    with torch.device("meta"):
        first, second = (build("megraphau", 12, stage=s, backbone=backbone) for s in (1, 2))
    assert (count(first.body.backbone), count(first), count(second)) == SIZES[backbone]
    assert count(second.body.backbone) == SIZES[backbone][0]


def test_stage_2_takes_the_options_of_stage_1():
    with torch.device("meta"):
        assert build("megraphau", 2, stage=2, neighbours=2).body.neighbours is None
        assert build("megraphau", 2, stage=2).body.neighbours is None
        assert build("megraphau", 5).body.neighbours.neighbours == 4
    with pytest.raises(InputError, match="4 neighbours of 2 units"):
        build("megraphau", 2)


def test_sizes_of_the_41_outputs_are_the_authors():
    with torch.device("meta"):
        sizes = [count(build("opengraphau", 41, stage=stage)) for stage in (1, 2)]
    assert sizes == [32_223_862, 35_637_698]


def test_it_is_built_as_the_guide_says():
    with torch.device("meta"):
        network = build("megraphau", stage=2, backbone="resnet50", units=BP4D, neighbours=4)
        sided = (one for unit in OPEN_SIDED for one in (unit, unit))
        shown = build("opengraphau", stage=1, units=(*OPEN_UNITS, *sided), neighbours=5)
    assert network.body.edges is not None
    assert network.body.neighbours is None
    assert network.alike.weight.shape == (12, 512)
    assert shown.body.neighbours.neighbours == 5
    assert shown.alike_sides.weight.shape == (14, 512)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stage": 3}, "no stage 3"),
        ({"backbone": "vgg16"}, "no backbone 'vgg16'.*swin_b"),
        ({"metric": "dot"}, "no metric 'dot'"),
        ({"neighbours": 5}, "5 neighbours of 4 units; expected a whole number"),
        ({"neighbours": 0}, "0 neighbours"),
        ({"neighbours": 2.5}, "2.5 neighbours of 4 units; expected a whole number from 1 to 4"),
        ({"neighbours": "2"}, "'2' neighbours of 4 units"),
        ({"neighbours": True}, "True neighbours"),
        ({"neighbours": 99, "stage": 2}, "99 neighbours of 4 units"),
        ({"stage": "2"}, "no stage '2'; ME-GraphAU has the stages 1 and 2"),
        ({"stage": True}, "no stage True"),
        ({"units": (1, 2, 4, 999)}, "there is no AU999"),
        ({"units": (1, 2, 1, 2)}, "AU1, AU2 is named twice"),
        ({"units": ("1", 2, 4, 6)}, "'1' is no number of a unit"),
        ({"units": (1, 2.0, 4, 6)}, "2.0 is no number of a unit"),
    ],
)
def test_what_cannot_be_built_is_said(options, told):
    with torch.device("meta"), pytest.raises(InputError, match=told):
        build("megraphau", 4, **options)
    with pytest.raises(InputError, match="41 outputs; 12 were"):
        build("opengraphau", 12)


@pytest.mark.parametrize(("name", "outputs"), [("megraphau", 4), ("opengraphau", 41)])
def test_stage_2_goes_where_stage_1_does_not(name, outputs):
    """Gradient, orphans and devices are swept for stage 1; the same for stage 2."""
    torch.manual_seed(0)
    network = build(name, outputs, stage=2, backbone="resnet18")
    image = torch.randn(2, 3, 64, 64)
    output = network.train()(image)
    assert output.probability.shape == (2, outputs)
    assert ((output.probability >= 0) & (output.probability <= 1 + 1e-6)).all()
    loss = output.probability.sum()
    if name == "megraphau":
        assert output.edges.shape == (2, 16, 4)
        loss = loss + output.edges.square().sum()
    loss.backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key
        assert parameter.grad.abs().sum() > 0, key
    for module in network.modules():
        assert not any(isinstance(value, torch.Tensor) for value in vars(module).values())


def test_a_swin_has_places_too():
    """A Swin of two small stages: its places come row by row, as wide as its last norm."""
    from torchvision.models.swin_transformer import SwinTransformer

    from mien.models.tokens import SwinTokens

    torch.manual_seed(0)
    small = SwinTransformer([4, 4], 16, [1, 1], [2, 2], [2, 2], num_classes=1)
    network = SwinTokens(small).eval()
    image = torch.randn(1, 3, 32, 64, requires_grad=True)
    places = network(image)
    assert network.width == 32
    assert places.shape == (1, 4 * 8, 32)
    with torch.no_grad():
        wanted = small.eval().norm(small.features(image))
    assert torch.equal(places.reshape(1, 4, 8, 32), wanted)
    places.sum().backward()
    assert image.grad.abs().sum() > 0


@pytest.mark.slow
@pytest.mark.parametrize("stage", [1, 2])
def test_a_real_swin_learns_in_every_part(stage):
    torch.manual_seed(0)
    network = build("megraphau", 3, stage=stage, backbone="swin_t", neighbours=2).train()
    output = network(torch.randn(2, 3, 64, 64))
    (output.probability.sum() + (0 if output.edges is None else output.edges.sum())).backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key
    network.eval()
    with torch.no_grad():
        assert network.body.backbone(torch.zeros(1, 3, 224, 224)).shape == (1, 49, 768)


def test_sides_are_read_from_the_published_nodes():
    assert [OPEN_UNITS[node] for node in OPEN_NODES] == [1, 2, 4, 6, 10, 11, 14]
    assert OPEN_SIDED == (1, 2, 4, 6, 10, 12, 14)
    torch.manual_seed(0)
    network = build("opengraphau", 41, backbone="resnet18").eval()
    with torch.no_grad():
        image = torch.randn(1, 3, 64, 64)
        nodes = network.body(image).nodes
        given = network(image).probability[0]
        for place, node in enumerate(OPEN_NODES):
            for side in (0, 1):
                goal = network.alike_sides.weight[2 * place + side].relu()
                cosine = nn.functional.cosine_similarity(nodes[0, node], goal, dim=0)
                assert given[27 + 2 * place + side] == pytest.approx(cosine.item(), abs=1e-6)


@pytest.mark.parametrize("metric", ["dots", "cosine", "l1"])
def test_nodes_that_tie_are_all_joined(metric):
    layer = Neighbours(5, 3, 2, metric)
    nodes = torch.tensor([[[3.0, 0, 0], [3, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 0]]])
    joined = layer.adjacency(nodes)[0]
    assert joined[0].tolist() == [1, 1, 1, 0, 0]  # three where two were asked for
    if metric != "l1":
        assert joined[4].tolist() == [1, 1, 1, 1, 1]  # a dead node is as near to all


def test_the_edges_are_those_of_the_authors_order():
    """Each edge from its two units, one by one, with the target's keys and the source's query."""
    torch.manual_seed(0)
    layer = Edges(3, 8).eval()
    layer.norm.running_mean.normal_()
    layer.norm.running_var.uniform_(0.5, 2)
    nodes, whole = torch.randn(2, 3, 5, 8), torch.randn(2, 5, 8)

    def attended(part, query, other):
        q, k, v = part.query(query), part.key(other), part.value(other)
        return (q @ k.transpose(1, 2) / 4**0.5).softmax(dim=-1) @ v

    with torch.no_grad():
        seen = [attended(layer.whole, nodes[:, i], whole) for i in range(3)]
        every = [attended(layer.pair, seen[j], seen[i]) for i in range(3) for j in range(3)]
        wanted = layer.norm(layer.project(torch.stack(every, dim=1))).mean(dim=2)
        for layer.direct in (False, True):
            assert torch.allclose(layer(nodes, whole), wanted, atol=1e-5)
        assert not torch.allclose(wanted[:, 1], wanted[:, 3], atol=1e-3)


def test_gates_are_nearly_even_and_both_variants_differ():
    torch.manual_seed(0)
    outside, inside = Gated(4, 8, outside=True).eval(), Gated(4, 8, outside=False).eval()
    inside.load_state_dict(outside.state_dict())
    nodes, edges = torch.rand(2, 4, 8), torch.randn(2, 16, 8)
    with torch.no_grad():
        first, second = outside(nodes, edges), inside(nodes, edges)
        assert torch.equal(first[1], second[1])
        assert (first[1] >= edges).all()
        assert (first[0] >= 0).all()
        assert (second[0] >= nodes).all()
        assert not torch.allclose(first[0], second[0])


def test_a_layer_is_the_papers_formula_written_out():
    """Gates: softmax over the sources, per feature; the sum is divided by n once more."""
    torch.manual_seed(0)
    layer = Gated(3, 4, outside=True).eval()
    nodes, edges = torch.rand(1, 3, 4), torch.randn(1, 9, 4)
    with torch.no_grad():
        found, moved = layer(nodes, edges)
        e, v = edges[0].reshape(3, 3, 4), nodes[0]
        for i in range(3):
            gates = []
            for j in range(3):
                both = layer.target(v[i]) + layer.source(v[j]) + layer.edge(e[i, j])
                both = both / (1 + layer.edge_norm.eps) ** 0.5
                after = e[i, j] + both.clamp(min=0)
                assert torch.allclose(moved[0, 3 * i + j], after, atol=1e-6)
                gates.append(after.sigmoid().exp())
            total = sum(gates)
            taken = sum(g / total * layer.other(v[j]) for j, g in enumerate(gates)) / 3
            message = (layer.own(v[i]) + taken) / (1 + layer.node_norm.eps) ** 0.5
            assert torch.allclose(found[0, i], (v[i] + message).clamp(min=0), atol=1e-6)


def test_relations_lie_at_target_then_source():
    logits = torch.randn(1, 9, 4, generator=torch.Generator().manual_seed(0))
    found = related(torch.zeros(1, 3, 2), logits)
    assert torch.allclose(found[0, 2, 1], logits[0, 2 * 3 + 1].softmax(dim=0))
    assert not torch.allclose(found[0, 2, 1], found[0, 1, 2])


@pytest.mark.parametrize(("units", "neighbours"), [(8, 3), (12, 4)])
def test_checkpoints_of_disfa_join_three_neighbours(units, neighbours):
    """It is not in the file, and it changes the scores."""
    names = {"head.sc": torch.zeros(units, 1), "head.gnn.U.weight": torch.zeros(1)}
    names |= {f"backbone.layer3.{n}.conv1.weight": torch.zeros(1) for n in range(2)}
    with torch.device("meta"):
        network, _ = official(names)
    assert network.body.neighbours.neighbours == neighbours


def test_stage_2_tells_the_four_relations_of_a_pair():
    torch.manual_seed(0)
    network = build("megraphau", 3, stage=2, backbone="resnet18").eval()
    assert network.extras == ("relations",)
    with torch.no_grad():
        output = network(torch.randn(2, 3, 64, 64))
    assert output.relations.shape == (2, 3, 3, 4)
    wanted = output.edges[1, 2 * 3 + 1].softmax(dim=0)  # target 2, source 1
    assert torch.allclose(output.relations[1, 2, 1], wanted)


@pytest.mark.parametrize(("name", "outputs"), [("megraphau", 4), ("opengraphau", 41)])
def test_stage_1_tells_how_alike_units_are(name, outputs):
    torch.manual_seed(0)
    network = build(name, outputs, stage=1, backbone="resnet18").eval()
    image = torch.randn(2, 3, 64, 64)
    output, first = network(image), network.body(image).first
    assert not output.relations.requires_grad
    assert output.edges is None
    assert output.relations.shape == (2, len(first[0]), len(first[0]), 1)
    cosine = nn.functional.cosine_similarity(first[1, 0], first[1, 3], dim=0)
    assert output.relations[1, 0, 3, 0].item() == pytest.approx(cosine.item(), abs=1e-5)
    second = build("opengraphau", 41, stage=2, backbone="resnet18").eval()
    assert second.extras == ()
    assert second(image).relations is None
