"""ME-GraphAU and OpenGraphAU: every action unit a node, every pair of units an edge with features.

Luo, Song, Xie, Shen, Gunes, "Learning Multi-dimensional Edge Feature-based AU Relation Graph for
Facial Action Unit Recognition", IJCAI 2022. Stage 1 (ANFL) makes a feature per unit and joins each
to its nearest neighbours; stage 2 (MEFL) starts from it and learns a feature for each ordered pair.

Letters: b pictures, n units, e = n x n edges with index target x n + source, p = 49 places, c
features. In evaluation the edges are computed by an equal form that needs half the operations for
12 units and a fifth for 27: see `mien.models.graph.Edges`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError, WeightsError
from mien.models.graph import METRICS, Alikeness, Block, Edges, Gated, Neighbours, Nodes, cosine
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.models.tokens import TOKENS, tokens

__all__ = [
    "MEGraphAU",
    "OpenGraphAU",
    "megraphau",
    "official",
    "official_open",
    "opengraphau",
    "related",
]

RELATIONS = 4
"""Classes of an edge: neither unit, only the source, only the target, both."""
DISFA = 8
"""Units of the networks trained on DISFA."""
NEAREST = 4
"""Neighbours of a unit, where nothing else is asked for: those of the paper on BP4D."""
LEAST = 1e-7
"""Probabilities nearer to 0 and 1 than this have no larger log-odds."""
OPEN_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25, 26,
              27, 32, 38, 39)  # fmt: skip
"""Units of OpenGraphAU's nodes, in order."""
OPEN_SIDED = (1, 2, 4, 6, 10, 12, 14)
"""Units that OpenGraphAU also reads on the left and on the right, in the order of its outputs."""
OPEN_NODES = (0, 1, 2, 4, 7, 8, 11)
"""The node that each sided pair is read from. Node 8 is AU11, not 12: a slip of the published
networks, whose weights depend on it."""


class Graph(NamedTuple):
    """A face as the graph of its units."""

    nodes: Float[Tensor, "b n c"]
    edges: Float[Tensor, "b e c"] | None
    """Of stage 2."""
    first: Float[Tensor, "b n c"]
    """The nodes before the graph."""


class Body(nn.Module):
    """What both networks share: places of the backbone, a feature for each unit, the graph.

    Args:
        units: number of nodes.
        stage: 1 nearest neighbours, 2 edges with features.
        backbone: one of `mien.models.tokens.TOKENS`.
        neighbours: of stage 1; None is NEAREST.
        metric: of stage 1, one of METRICS.
        outside: where the ReLU of the gated graph stands, see `Gated`.
    """

    def __init__(
        self,
        units: int,
        stage: int,
        backbone: str,
        neighbours: int | None,
        metric: str,
        *,
        outside: bool,
    ) -> None:
        super().__init__()
        nearest = NEAREST if neighbours is None else neighbours
        # stage 2 has no neighbours: those that are named are checked, so that both stages can be
        # given the same options
        _refuse(stage, backbone, metric)
        if stage == 1 or neighbours is not None:
            _refuse_neighbours(nearest, units)
        self.name = backbone
        self.backbone = tokens(backbone)
        inward = self.backbone.width
        self.width = inward // (2 if backbone.startswith("swin") else 4)
        self.whole = Block(inward, self.width)
        self.nodes = Nodes(units, self.width)
        self.neighbours = Neighbours(units, self.width, nearest, metric) if stage == 1 else None
        self.edges = Edges(units, self.width) if stage == 2 else None
        self.gated = nn.ModuleList(
            Gated(units, self.width, outside=outside) for _ in range(2 if stage == 2 else 0)
        )

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and the part whose weights have torchvision's names."""
        return self.name, self.backbone

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Graph:
        whole = self.whole(self.backbone(image))
        seen = self.nodes(whole)
        nodes = first = seen.mean(dim=2)
        if self.neighbours is not None:
            return Graph(self.neighbours(nodes), None, first)
        edges = self.edges(seen, whole)  # type: ignore[misc] # there in stage 2
        for layer in self.gated:
            nodes, edges = layer(nodes, edges)
        return Graph(nodes, edges, first)


def _second_stage(
    network: nn.Module, body: Body, weights: Mapping[str, Tensor]
) -> dict[str, Tensor] | None:
    """What a network of stage 2 takes of one of stage 1; None of other networks.

    Raises:
        WeightsError: stage 1 has another backbone, whose layers would in part stay random.
    """
    first = any(key.startswith("body.neighbours.") for key in weights)
    if body.edges is None or not first:
        return None
    own = network.state_dict()
    if _backbone_shapes(own) != _backbone_shapes(weights):
        raise WeightsError(
            f"stage 2 on {body.name} cannot go on from these weights: their stage 1 has another "
            "backbone; take the same in both stages, with --set model.options.backbone=NAME"
        )
    return {key: weights[key] for key in own if key in weights}


def _backbone_shapes(weights: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    """The tensors of a backbone; old files do not count the batches of their norms."""
    return {
        key: value.shape
        for key, value in weights.items()
        if key.startswith("body.backbone.") and not key.endswith("num_batches_tracked")
    }


class OnBody(nn.Module):
    """A network on the common body: what it starts from, and what Grad-CAM asks."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and the part whose weights have torchvision's names."""
        return self.body.imagenet_part()

    @property
    def last_map(self) -> LastMap:
        """Of the backbone: see `mien.models.lastmap`."""
        return self.body.backbone.last_map

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """Weights of stage 2 from those of stage 1: all but its graph; None of other networks."""
        return _second_stage(self, self.body, weights)


class MEGraphAU(OnBody):
    """Probability of each unit, and the relations of all pairs; see `Body` and `related`."""

    extras = ("relations",)

    def __init__(self, body: Body, outputs: int) -> None:
        super().__init__(body)
        self.alike = Alikeness(outputs, body.width)
        self.relations = nn.Linear(body.width, RELATIONS) if body.edges is not None else None
        if self.relations is not None:
            nn.init.xavier_uniform_(self.relations.weight)

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures."""
        graph = self.body(image)
        edges = None if self.relations is None else self.relations(graph.edges)
        output = _output(self.alike(graph.nodes), edges)
        output.relations = related(graph.first, edges)
        return output


class OpenGraphAU(OnBody):
    """41 probabilities: 27 units, then left and right of seven of them, read from the same nodes.

    Output order: OPEN_UNITS, then L1 R1 L2 R2 L4 R4 L6 R6 L10 R10 L12 R12 L14 R14.
    """

    def __init__(self, body: Body) -> None:
        super().__init__(body)
        self.alike = Alikeness(len(OPEN_UNITS), body.width)
        self.alike_sides = Alikeness(2 * len(OPEN_SIDED), body.width)
        sided = torch.tensor(OPEN_NODES).repeat_interleave(2)
        self.register_buffer("sided", sided, persistent=False)
        self.extras = ("relations",) if body.neighbours is not None else ()
        """Stage 2 says nothing of its edges that could be read."""

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures."""
        graph = self.body(image)
        sides = self.alike_sides(graph.nodes[:, self.sided])
        output = _output(torch.cat([self.alike(graph.nodes), sides], dim=1))
        if self.extras:
            output.relations = related(graph.first)
        return output


def related(
    nodes: Float[Tensor, "b n c"], edges: Float[Tensor, "b e 4"] | None = None
) -> Float[Tensor, "b n n r"]:
    """How units are related, to be looked at: no gradient passes.

    Stage 2: the probability of each of the four relations of target and source. Stage 1, which has
    no edges to learn: how alike the features are of which it joins the nearest, as a cosine, 0-1.
    """
    if edges is None:
        return cosine(nodes.detach()).unsqueeze(-1)
    units = nodes.shape[1]
    return edges.detach().softmax(dim=-1).reshape(-1, units, units, edges.shape[-1])


def megraphau(
    outputs: int,
    *,
    stage: int = 1,
    backbone: str = "resnet50",
    neighbours: int | None = None,
    metric: str = "dots",
) -> MEGraphAU:
    """Build ME-GraphAU; the paper takes 4 neighbours, the default, on BP4D and 3 on DISFA."""
    return MEGraphAU(Body(outputs, stage, backbone, neighbours, metric, outside=True), outputs)


def opengraphau(
    outputs: int = 41,
    *,
    stage: int = 1,
    backbone: str = "resnet50",
    neighbours: int | None = None,
    metric: str = "dots",
) -> OpenGraphAU:
    """Build OpenGraphAU with its 41 outputs."""
    known = len(OPEN_UNITS) + 2 * len(OPEN_SIDED)
    if outputs != known:
        raise InputError(f"OpenGraphAU has {known} outputs; {outputs} were asked for")
    return OpenGraphAU(Body(len(OPEN_UNITS), stage, backbone, neighbours, metric, outside=False))


def official(state: Mapping[str, Tensor]) -> tuple[MEGraphAU, dict[str, list[str]]]:
    """The network of an official ME-GraphAU checkpoint, and where its tensors come from.

    The number of neighbours is not in the checkpoint: 4, or 3 for the 8 units of DISFA.
    """
    units = _rows(state, "head.sc", "ME-GraphAU")
    stage = 2 if "head.edge_fc.weight" in state else 1
    nearest = 3 if units == DISFA else 4
    network = megraphau(units, stage=stage, backbone=_backbone(state), neighbours=nearest)
    layers = [{part: f"{letter}{number}" for part, letter in _LETTERS.items()} for number in (1, 2)]
    layout = _layout(network, "class_linears", "sc", layers)
    return network, layout


def official_open(state: Mapping[str, Tensor]) -> tuple[OpenGraphAU, dict[str, list[str]]]:
    """The same of an OpenGraphAU checkpoint."""
    _rows(state, "head.main_sc", "OpenGraphAU")
    stage = 1 if "head.gnn.U.weight" in state else 2
    network = opengraphau(stage=stage, backbone=_backbone(state))
    layers = [
        {part: f"graph_layers.{number}.{letter}" for part, letter in _LETTERS.items()}
        for number in (0, 1)
    ]
    layout = _layout(network, "main_class_linears", "main_sc", layers)
    return network, layout


_DEPTHS = {2: "resnet18", 6: "resnet50", 23: "resnet101"}
"""Backbones by the blocks of their third stage."""
_LETTERS = {
    "own": "U", "other": "V", "target": "A", "source": "B", "edge": "E",
    "node_norm": "bnv", "edge_norm": "bne",
}  # fmt: skip
"""Parts of a layer of the gated graph by the letters of the official names."""
_PARTS = {
    "body.whole.linear": "global_linear.fc",
    "body.whole.norm": "global_linear.bn",
    "body.neighbours.own": "head.gnn.U",
    "body.neighbours.other": "head.gnn.V",
    "body.neighbours.norm": "head.gnn.bnv",
    "body.edges.project": "head.edge_extractor.edge_proj",
    "body.edges.norm": "head.edge_extractor.bn",
    "relations": "head.edge_fc",
}
"""Parts of ours by their official names."""


def _layout(
    network: OnBody, blocks: str, alike: str, layers: Sequence[Mapping[str, str]]
) -> dict[str, list[str]]:
    """For each of our tensors the official ones that make it up."""
    parts = dict(_PARTS)
    for ours, theirs in (("whole", "FAM"), ("pair", "ARM")):
        for role in ("query", "key", "value"):
            name = f"head.edge_extractor.{theirs}.linear_{role[0]}"
            parts[f"body.edges.{ours}.{role}"] = name
    for number, letters in enumerate(layers):
        parts |= {f"body.gated.{number}.{part}": f"head.gnn.{name}"
                  for part, name in letters.items()}  # fmt: skip
    units = len(network.body.nodes.bias)
    layout = {}
    for key in network.state_dict():
        part, _, last = key.rpartition(".")
        if key.startswith("body.backbone."):
            layout[key] = [key.removeprefix("body.")]
        elif part.startswith("body.nodes"):
            kind = "bn" if part.endswith("norm") else "fc"
            layout[key] = [f"head.{blocks}.{unit}.{kind}.{last}" for unit in range(units)]
        elif part in ("alike", "alike_sides"):
            layout[key] = [f"head.{alike if part == 'alike' else 'sub_sc'}"]
        else:
            layout[key] = [f"{parts[part]}.{last}"]
    return layout


def _rows(state: Mapping[str, Tensor], key: str, name: str) -> int:
    """Number of outputs, by the first axis of a tensor that every checkpoint has."""
    if key not in state:
        raise WeightsError(f"this is no checkpoint of {name}: it has no tensor {key}")
    return len(state[key])


def _backbone(state: Mapping[str, Tensor]) -> str:
    """Which backbone a checkpoint has, by its tensors."""
    blocks = sum(
        key.startswith("backbone.layer3.") and key.endswith("conv1.weight") for key in state
    )
    if blocks not in _DEPTHS:
        raise WeightsError(
            "this checkpoint's backbone is none of ResNet-18, 50 and 101; the names of tensors in "
            "official Swin checkpoints are not known here"
        )
    return _DEPTHS[blocks]


def _output(
    probability: Float[Tensor, "b k"], edges: Float[Tensor, "b e r"] | None = None
) -> Output:
    """Cosines as the other networks give their results."""
    return Output(probability.logit(LEAST), probability=probability, edges=edges)


def _refuse(stage: int, backbone: str, metric: str) -> None:
    """Refuse what cannot be built."""
    if type(stage) is not int or stage not in (1, 2):
        raise InputError(f"there is no stage {stage!r}; ME-GraphAU has the stages 1 and 2")
    if backbone not in TOKENS:
        raise InputError(f"there is no backbone {backbone!r}; there are {', '.join(TOKENS)}")
    if metric not in METRICS:
        raise InputError(f"there is no metric {metric!r}; there are {', '.join(METRICS)}")


def _refuse_neighbours(neighbours: int, units: int) -> None:
    if type(neighbours) is not int or not 1 <= neighbours <= units:
        raise InputError(
            f"{neighbours!r} neighbours of {units} units; expected a whole number from 1 to {units}"
        )
