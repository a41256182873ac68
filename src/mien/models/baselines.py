"""The eight networks of the CK+ baselines: features of a torchvision network, one head per unit.

Facts: the README and the code of the public AU_Recognition repository, whose published table
of F1 scores on CK+ is in `mien.recipes.ckplus`. The networks themselves: Krizhevsky 2014
(AlexNet), Simonyan and Zisserman 2015 (VGG), He et al. 2016 (ResNet), Szegedy et al. 2016
(Inception v3).
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Self, get_args

import torch
import torchvision
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError
from mien.models.heads import GroupedLinear, Heads, Part
from mien.models.lastmap import LastMap
from mien.models.output import Output

__all__ = ["BASELINES", "Baseline", "Head", "Statistics", "baseline", "inception"]

Head = Literal["small", "table", "wide", "plain"]
Statistics = Literal["drift", "fixed"]

SMALL: tuple[Part, ...] = ("dropout", 256, "relu")
LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a gray picture (ITU-R BT.601, as Pillow has them)."""


class Family(NamedTuple):
    """What networks of one kind have in common."""

    classifier: tuple[str, ...]
    """Parts of torchvision's network that are left out."""
    table: tuple[Part, ...]
    """The heads of the published table."""
    wide: tuple[Part, ...] | None
    """The heads of the source's last revision, where it has other ones."""
    options: Mapping[str, Any]
    """For torchvision's constructor."""
    last: str
    """Part of torchvision's network that gives the last map."""


ALEXNET = Family(
    ("classifier",), SMALL, (1024, "dropout", "relu", 128, "dropout", "relu"), {}, "features"
)
VGG = Family(
    ("classifier",),
    (1024, "relu", "dropout", 1024, "relu", "dropout"),
    (512, "relu", "norm", 128, "relu", "norm"),
    {},
    "features",
)
RESNET = Family(("fc",), (1024, "relu", "dropout", 512, "relu", "dropout"), None, {}, "layer4")
INCEPTION = Family(
    ("fc", "dropout"),  # the dropout is ours, see Baseline.drop
    RESNET.table,
    None,
    {"aux_logits": False, "transform_input": False, "init_weights": False},
    "Mixed_7c",
)

BASELINES: dict[str, tuple[str, Family, int]] = {
    "alexnet": ("alexnet", ALEXNET, 256 * 6 * 6),
    "vgg16": ("vgg16", VGG, 512 * 7 * 7),
    "vgg16-bn": ("vgg16_bn", VGG, 512 * 7 * 7),
    "vgg19": ("vgg19", VGG, 512 * 7 * 7),
    "resnet18": ("resnet18", RESNET, 512),
    "resnet50": ("resnet50", RESNET, 2048),
    "resnet101": ("resnet101", RESNET, 2048),
    "inception": ("inception_v3", INCEPTION, 2048),
}
"""Each network's name in torchvision, its family, and the number of its features."""


class Baseline(nn.Module):
    """A picture to one number per unit.

    Args:
        name: the network's name in torchvision.
        features: torchvision's network without its classifier: picture to (b, d).
        heads: features to one number per unit.
        drop: share of features dropped before all heads alike.
        statistics: "fixed" leaves the features in evaluation mode while the heads train.
        gray: pictures are made gray first. For pictures normalised alike in all channels.
    """

    luminance: Tensor

    def __init__(
        self,
        name: str,
        features: nn.Module,
        heads: Heads,
        drop: float = 0.0,
        statistics: Statistics = "drift",
        gray: bool = False,
    ) -> None:
        super().__init__()
        self.name = name
        self.features = features
        self.drop = nn.Dropout(drop)
        self.heads = heads
        self.statistics = statistics
        self.gray = gray
        self.register_buffer(
            "luminance", torch.tensor(LUMINANCE).reshape(1, 3, 1, 1), persistent=False
        )

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Logits, and the features they were read from."""
        if self.gray:
            image = (image * self.luminance).sum(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        features = self.features(image)
        return Output(self.heads(self.drop(features)), features=features)

    def train(self, mode: bool = True) -> Self:
        """Switch to training; fixed features stay as they are in evaluation."""
        super().train(mode)
        if self.statistics == "fixed":
            self.features.eval()
        return self

    @property
    def last_map(self) -> LastMap:
        """Of the last convolutions: see `mien.models.lastmap`."""
        last = next(family.last for name, family, _ in BASELINES.values() if name == self.name)
        return LastMap(self.features.get_submodule(last))

    def imagenet_part(self) -> tuple[str, nn.Module]:
        """The name in torchvision, and the part whose weights have torchvision's names."""
        return self.name, self.features


def baseline(
    name: str,
    outputs: int,
    *,
    head: Head = "table",
    features: Statistics = "drift",
    dropout: float = 0.5,
    gray: bool = False,
) -> Baseline:
    """Make one of BASELINES with random weights.

    Args:
        name: which one.
        outputs: how many units or classes.
        head: "table" as in the published table; "small" as before it (the published row of
            ResNet-18 is of that one); "wide" as in the source's last revision (AlexNet and VGG
            only); "plain" is one linear layer.
        features: what batch statistics do in training: "drift" with the batches, as usual, and as
            in the source even where the weights are frozen; or stay "fixed".
        dropout: share of numbers dropped in the heads.
        gray: make the picture gray first.

    Raises:
        InputError: this network has no such head, or features cannot be so.
    """
    published, family, width = BASELINES[name]
    if features not in get_args(Statistics):
        raise InputError(
            f"features of {name} cannot be {features!r}; choose {' or '.join(get_args(Statistics))}"
        )
    heads = Heads(outputs, width, _parts(name, family, head), dropout)
    if family is VGG:
        _draw_as_source(heads)
    drop = dropout if family is INCEPTION and head != "plain" else 0.0
    return Baseline(published, _trunk(published, family), heads, drop, features, gray)


def inception(
    outputs: int,
    *,
    head: Head = "table",
    features: Statistics = "drift",
    dropout: float = 0.5,
    gray: bool = False,
    renormalise: bool = False,
) -> Baseline:
    """Make Inception v3 with random weights; its pictures are 299 pixels large.

    Args:
        outputs: how many units or classes.
        head: as of `baseline`.
        features: as of `baseline`.
        dropout: share of numbers dropped in the heads, and once before all of them.
        gray: make the picture gray first.
        renormalise: turn ImageNet's normalisation into Inception's own, as the source did although
            its pictures came with the latter already: they were normalised twice.

    Raises:
        InputError: as `baseline`.
    """
    network = baseline(
        "inception", outputs, head=head, features=features, dropout=dropout, gray=gray
    )
    trunk: Any = network.features
    trunk.transform_input = renormalise
    return network


def _parts(name: str, family: Family, head: str) -> tuple[Part, ...]:
    """The pieces of a head."""
    known = {"small": SMALL, "table": family.table, "wide": family.wide, "plain": ()}
    parts = known.get(head)
    if parts is None:
        there = ", ".join(key for key, value in known.items() if value is not None)
        raise InputError(f"{name} has no head {head!r}; it has {there}")
    return parts


def _trunk(published: str, family: Family) -> nn.Module:
    """Torchvision's network without its classifier, weights drawn as torchvision draws them.

    The classifiers that are not wanted are never drawn: those of VGG alone are 124 million numbers.
    """
    device = torch.get_default_device()
    with torch.device("meta"):
        trunk: nn.Module = torchvision.models.get_model(published, weights=None, **family.options)
    for part in family.classifier:
        setattr(trunk, part, nn.Identity())
    trunk.to_empty(device=device)
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
            module.reset_parameters()
        if isinstance(module, nn.Conv2d) and family in (VGG, RESNET):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return trunk


def _draw_as_source(heads: Heads) -> None:
    """Weights of VGG's heads as the source draws them."""
    for module in heads:
        if isinstance(module, GroupedLinear):
            nn.init.normal_(module.weight, 0, 0.01)
            nn.init.zeros_(module.bias)
