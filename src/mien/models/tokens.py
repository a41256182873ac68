"""Backbones that give the features of 7 x 7 places of a 224 px picture, on torchvision's networks.

Names of their tensors are torchvision's, without pooling and classifier.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from mien.models.lastmap import LastMap

__all__ = ["TOKENS", "Tokens", "tokens"]

TOKENS = ("resnet18", "resnet50", "resnet101", "swin_t", "swin_s", "swin_b")
"""Names of the backbones, as torchvision writes them."""


class Tokens(nn.Module):
    """A backbone; the result is (b, places, width), places row by row."""

    width: int

    @property
    def last_map(self) -> LastMap:
        """See `mien.models.lastmap`."""
        raise NotImplementedError


class ResNetTokens(Tokens):
    """A ResNet up to its last stage."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.width = int(network.fc.in_features)  # type: ignore[arg-type, union-attr]
        for name, part in network.named_children():
            if name not in ("avgpool", "fc"):
                self.add_module(name, part)

    @property
    def last_map(self) -> LastMap:
        """Of the last stage."""
        return LastMap(self.get_submodule("layer4"))

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b p d"]:
        x = image
        for part in self.children():
            x = part(x)
        return x.flatten(2).transpose(1, 2)


class SwinTokens(Tokens):
    """A Swin transformer up to its last norm."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.width = int(network.head.in_features)  # type: ignore[arg-type, union-attr]
        self.features: nn.Module = network.features  # type: ignore[assignment]
        self.norm: nn.Module = network.norm  # type: ignore[assignment]

    @property
    def last_map(self) -> LastMap:
        """Of the last norm."""
        return LastMap(self.norm, "channels last")

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b p d"]:
        found: Tensor = self.norm(self.features(image))
        return found.flatten(1, 2)


def tokens(name: str) -> Tokens:
    """Build one of TOKENS with random weights."""
    from torchvision import models

    make: Callable[..., nn.Module] = getattr(models, name)
    network = make(weights=None)
    return SwinTokens(network) if name.startswith("swin") else ResNetTokens(network)
