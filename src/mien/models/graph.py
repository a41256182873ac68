"""The graph layers of ME-GraphAU: units as nodes, ordered pairs of units as edges with features.

Luo et al., IJCAI 2022. Letters: b pictures, n units, e = n x n edges with index target x n +
source, p = 49 places, c features.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["METRICS", "Alikeness", "Attention", "Block", "Edges", "Gated", "Neighbours", "Nodes"]

Metric = Callable[[Float[Tensor, "b n c"]], Float[Tensor, "b n n"]]


def dots(nodes: Float[Tensor, "b n c"]) -> Float[Tensor, "b n n"]:
    """Inner products: larger is nearer."""
    return nodes @ nodes.transpose(1, 2)


def cosine(nodes: Float[Tensor, "b n c"]) -> Float[Tensor, "b n n"]:
    """Cosines: larger is nearer."""
    return dots(functional.normalize(nodes, dim=-1))


def manhattan(nodes: Float[Tensor, "b n c"]) -> Float[Tensor, "b n n"]:
    """Sums of absolute differences, negative: larger is nearer."""
    return -(nodes[:, :, None] - nodes[:, None]).abs().sum(dim=-1)


METRICS: dict[str, Metric] = {"dots": dots, "cosine": cosine, "l1": manhattan}
"""How near two nodes are, by name."""


class Block(nn.Module):
    """Linear, batch norm over pictures and places, ReLU."""

    def __init__(self, inward: int, outward: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inward, outward)
        self.norm = nn.BatchNorm1d(outward)
        nn.init.normal_(self.linear.weight, 0.0, (2.0 / outward) ** 0.5)

    def forward(self, x: Float[Tensor, "b p i"]) -> Float[Tensor, "b p o"]:
        """Features (b, p, i) to (b, p, o)."""
        moved: Tensor = self.norm(self.linear(x).flatten(0, 1))
        return functional.relu(moved).reshape(-1, x.shape[1], moved.shape[-1])


class Nodes(nn.Module):
    """AFG: a block of its own for each unit; all units at once."""

    def __init__(self, units: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(units, width, width))
        self.bias = nn.Parameter(torch.empty(units, width))
        self.norm = nn.BatchNorm1d(units * width)
        nn.init.normal_(self.weight, 0.0, (2.0 / width) ** 0.5)
        nn.init.uniform_(self.bias, -(width**-0.5), width**-0.5)

    def forward(self, x: Float[Tensor, "b p c"]) -> Float[Tensor, "b n p c"]:
        """Features of the places (b, p, c) to those of each unit (b, n, p, c)."""
        places, (units, width, _) = x.shape[1], self.weight.shape
        # one product for all units: side by side they would be copied for every picture
        moved = functional.linear(x.flatten(0, 1), self.weight.flatten(0, 1), self.bias.flatten())
        found = functional.relu(self.norm(moved))
        return found.reshape(-1, places, units, width).transpose(1, 2)


class Neighbours(nn.Module):
    """FGG with one graph layer: each node takes up its nearest neighbours (section 3.4).

    Args:
        units: number of nodes.
        width: features of a node.
        neighbours: how many are joined to each node; ties join more.
        metric: one of METRICS.
    """

    def __init__(self, units: int, width: int, neighbours: int, metric: str) -> None:
        super().__init__()
        self.neighbours = neighbours
        self.metric = METRICS[metric]
        self.own = nn.Linear(width, width)
        self.other = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(units)
        for part in (self.own, self.other):
            nn.init.normal_(part.weight, 0.0, (2.0 / width) ** 0.5)

    def adjacency(self, nodes: Float[Tensor, "b n c"]) -> Float[Tensor, "b n n"]:
        """1 where the second node is among the nearest of the first."""
        near = self.metric(nodes.detach())
        least = near.topk(self.neighbours, dim=-1).values[..., -1:]
        return (near >= least).to(nodes.dtype)

    def forward(self, nodes: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """Nodes (b, n, c) with what their neighbours give."""
        joined = self.adjacency(nodes)
        scale = joined.sum(dim=-1) ** -0.5
        weights = scale[:, :, None] * joined * scale[:, None]
        taken = weights @ self.other(nodes) + self.own(nodes)
        moved: Tensor = self.norm(taken)
        return functional.relu(nodes + moved)


class Attention(nn.Module):
    """Cross attention with a single head: half-width queries and keys, full-width values."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width // 2)
        self.key = nn.Linear(width, width // 2)
        self.value = nn.Linear(width, width)
        self.scale = (width // 2) ** -0.5
        for part in (self.query, self.key, self.value):
            nn.init.normal_(part.weight, 0.0, (2.0 / part.out_features) ** 0.5)

    def shares(
        self, query: Float[Tensor, "*b q h"], key: Float[Tensor, "*b p h"]
    ) -> Float[Tensor, "*b q p"]:
        """How much of each place goes into each place of the query."""
        alike = query @ key.transpose(-1, -2) * self.scale
        return torch.softmax(alike, dim=-1)


class Edges(nn.Module):
    """FAM and ARM: a feature for each ordered pair of units (sections 4.1, 4.2, 4.5).

    Keys, queries and values are computed once per unit, not once per pair. In evaluation everything
    after the softmax is affine, so the mean over places is taken of the attention map before the
    values, the projection and the norm are applied: equal results without the e x p x c tensor.
    """

    def __init__(self, units: int, width: int) -> None:
        super().__init__()
        self.whole = Attention(width)
        self.pair = Attention(width)
        self.project = nn.Linear(width, width)
        self.norm = nn.BatchNorm2d(units * units)
        self.direct = False
        """Compute the evaluation form as in training, to compare."""
        nn.init.normal_(self.project.weight, 0.0, (2.0 / width) ** 0.5)

    def forward(
        self, nodes: Float[Tensor, "b n p c"], whole: Float[Tensor, "b p c"]
    ) -> Float[Tensor, "b e c"]:
        """Places of each unit and of the whole face to edges (b, e, c)."""
        units, places = nodes.shape[1:3]
        query = self.whole.query(nodes).flatten(1, 2)
        shares = self.whole.shares(query, self.whole.key(whole))
        given = shares @ self.whole.value(whole)
        seen = given.reshape(-1, units, places, given.shape[-1])
        # all pairs in one product: places of the source j (the query) by those of the target i
        query, key = (part(seen).flatten(1, 2) for part in (self.pair.query, self.pair.key))
        alike = query @ key.transpose(1, 2) * self.pair.scale
        shares = torch.softmax(alike.reshape(-1, units, places, units, places), dim=-1)
        value = self.pair.value(seen)
        if self.training or self.direct:
            spread = shares.permute(0, 3, 1, 2, 4).flatten(2, 3)
            found = self.project(spread @ value)
            flat = found.reshape(-1, units * units, places, found.shape[-1])
            return torch.mean(self.norm(flat), dim=2)
        found = self.project(shares.mean(dim=2).transpose(1, 2) @ value)
        return torch.squeeze(self.norm(found.flatten(1, 2)[:, :, None]), 2)


class Gated(nn.Module):
    """One layer of the gated graph (section 4.3), nodes and edges with features."""

    def __init__(self, units: int, width: int, *, outside: bool) -> None:
        super().__init__()
        self.target, self.source, self.edge, self.own, self.other = (
            nn.Linear(width, width, bias=False) for _ in range(5)
        )
        self.edge_norm = nn.BatchNorm1d(units * units)
        self.node_norm = nn.BatchNorm1d(units)
        self.outside = outside
        """ReLU after the sum with the node (ME-GraphAU), or before it (OpenGraphAU)."""
        for part in (self.target, self.source, self.edge, self.own, self.other):
            nn.init.normal_(part.weight, 0.0, (2.0 / width) ** 0.5)

    def forward(
        self, nodes: Float[Tensor, "b n c"], edges: Float[Tensor, "b e c"]
    ) -> tuple[Float[Tensor, "b n c"], Float[Tensor, "b e c"]]:
        """Nodes and edges, one step on."""
        units, width = nodes.shape[1:]
        both = self.target(nodes)[:, :, None] + self.source(nodes)[:, None]
        joined = both.reshape(-1, units * units, width) + self.edge(edges)
        edges = edges + functional.relu(self.edge_norm(joined))
        gates = edges.sigmoid().reshape(-1, units, units, width).softmax(dim=2)
        taken = (gates * self.other(nodes)[:, None]).sum(dim=2) / units
        moved = self.node_norm(self.own(nodes) + taken)
        if self.outside:
            return functional.relu(nodes + moved), edges
        return nodes + functional.relu(moved), edges


class Alikeness(nn.Module):
    """Probability of each unit: the cosine between its node and a learned direction, both >= 0."""

    def __init__(self, outputs: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(outputs, width)))

    def forward(self, nodes: Float[Tensor, "b k c"]) -> Float[Tensor, "b k"]:
        """Nodes (b, k, c) to probabilities (b, k)."""
        goal = functional.normalize(functional.relu(self.weight), dim=-1)
        return (functional.normalize(nodes, dim=-1) * goal).sum(dim=-1)
