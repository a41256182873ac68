"""What a network returns: named tensors, each of which may be absent."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

__all__ = ["Output"]


@dataclass
class Output:
    """The tensors of one forward pass of b faces."""

    logits: Float[Tensor, "b k"]
    """One number per unit or class, before any sigmoid or softmax; for intensity networks the
    intensity itself; of detectors (b, n, 5 + c), see `mien.models.yolo`. `mien.models.reading`
    turns it into what the card promises."""
    probability: Float[Tensor, "b k"] | None = None
    """Of networks that compute it without a sigmoid, as a cosine; ``logits`` are then its log-odds,
    and it is what counts."""
    landmarks: Float[Tensor, "b p 2"] | None = None
    """Pixels of the crop."""
    maps: Float[Tensor, "b k m m"] | None = None
    """Where the network looked for each unit, 0-1; (b, 1, m, m) of one map for all of them."""
    drawn: Float[Tensor, "b k n n"] | None = None
    """Maps drawn from the landmarks, from which ``maps`` were made."""
    features: Float[Tensor, "b d"] | None = None
    edges: Float[Tensor, "b kk e"] | None = None
    """Logits of the relations between units."""
    relations: Float[Tensor, "b n n r"] | None = None
    """How n units are related, target and source, 0-1: the probability of each of four relations
    (neither is present, the source, the target, both), or a single likeness; see
    `mien.models.megraphau.related`."""
    local: Float[Tensor, "b k"] | None = None
    """A second reading of the units by a part of the network, in the form of ``logits``."""
    occurrence: Float[Tensor, "b o"] | None = None
    """Of networks that give intensity and say which units are present beside: logits of units,
    which need not be those of ``logits``."""
    expression: Float[Tensor, "b c"] | None = None
    """Of networks that say expressions beside: logits of the classes."""
