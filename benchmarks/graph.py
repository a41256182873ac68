"""What the edges of ME-GraphAU cost: our short form, the form of training, and the authors' way.

Whole networks of stage 2 on ResNet-50 with random weights, 12 units and OpenGraphAU's 27 nodes (41
outputs), pictures of 224 pixels, batches of 1 and 16, one thread. Each row is a process of its own,
so that its peak memory is its own; time is the processor's, the quickest of a few rounds. The
authors repeat the face's features for every unit and compute query, key and value anew for every
pair (spec, section 4.2); the scores of all forms are compared too.
"""

import sys

import torch
from torch import Tensor

from benchmarks.measure import cost_of
from mien.models import build
from mien.models.graph import Edges
from mien.models.megraphau import MEGraphAU, OpenGraphAU

__all__ = ["FORMS", "PerPair", "main", "network_of"]

FORMS = ("short", "training's", "authors'")
"""Means first and once per unit; all places, once per unit; all places, once per pair."""
OUTPUTS = {12: "megraphau", 41: "opengraphau"}
BATCHES = (1, 16)
ROUNDS = {1: 3, 16: 1}
"""Rounds that are timed, after one that is not."""

CODE = """
import sys, time
import torch
from benchmarks.graph import network_of, ROUNDS
outputs, batch, form = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
network = network_of(outputs, form)
image = torch.randn(batch, 3, 224, 224, generator=torch.Generator().manual_seed(1))
best = 1e9
with torch.no_grad():
    network(image[:1])
    for _ in range(ROUNDS[batch]):
        start = time.process_time()
        found = network(image).probability
        best = min(best, time.process_time() - start)
said = [best / batch, found[0].tolist()]
"""


class PerPair(Edges):
    """The same edges as the authors compute them."""

    def forward(self, nodes: Tensor, whole: Tensor) -> Tensor:
        """Places of each unit (b, n, p, c) and of the whole face (b, p, c) to edges (b, e, c)."""
        units = nodes.shape[1]
        repeated = whole[:, None].repeat(1, units, 1, 1)
        shares = self.whole.shares(self.whole.query(nodes), self.whole.key(repeated))
        seen = shares @ self.whole.value(repeated)
        source = seen.repeat(1, units, 1, 1)  # edge i * n + j: the query is j
        target = seen.repeat_interleave(units, dim=1)
        shares = self.pair.shares(self.pair.query(source), self.pair.key(target))
        found = self.project(shares @ self.pair.value(target))
        return torch.mean(self.norm(found), dim=2)


def network_of(outputs: int, form: str) -> MEGraphAU | OpenGraphAU:
    """A network of stage 2 whose edges are computed in one of FORMS; the same weights in each."""
    torch.manual_seed(0)
    network = build(OUTPUTS[outputs], outputs, stage=2).eval()
    if not isinstance(network, MEGraphAU | OpenGraphAU):
        raise TypeError(type(network).__name__)
    edges = network.body.edges
    if edges is None:
        raise TypeError("stage 2 has edges")
    edges.direct = form == FORMS[1]
    if form == FORMS[2]:
        edges.__class__ = PerPair
    return network


def main() -> None:
    """Print time, memory and ratios."""
    print(
        f"  {'outputs':>7} {'batch':>5} {'edges':>10} {'s/picture':>9} {'peak MB':>8} "
        f"{'time x':>6} {'memory x':>8} {'difference':>10}"
    )
    for outputs in OUTPUTS:
        for batch in BATCHES:
            short: tuple[float, float, list[float]] | None = None
            for form in FORMS:
                cost = cost_of(CODE, [str(outputs), str(batch), form])
                if not isinstance(cost.said, list):
                    raise TypeError("the code leaves a list")
                seconds, scores = float(cost.said[0]), list(cost.said[1])
                short = short or (seconds, cost.peak_mb, scores)
                apart = max(abs(a - b) for a, b in zip(scores, short[2], strict=True))
                print(
                    f"  {outputs:>7} {batch:>5} {form:>10} {seconds:>9.3f} {cost.peak_mb:>8.0f} "
                    f"{seconds / short[0]:>6.2f} {cost.peak_mb / short[1]:>8.2f} {apart:>10.1e}"
                )
                sys.stdout.flush()
