"""The two streams of POSTER V2: a face-recognition network and a landmark network, without heads.

Both give features at three scales. IR-50: Deng et al., "ArcFace", CVPR 2019, here its first three
stages. MobileFaceNet: Chen et al., CCBR 2018, as learned on 68 landmarks.
"""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["IMAGE_WIDTHS", "LANDMARK_WIDTHS", "ImageStream", "LandmarkStream", "LandmarkUnit"]

Maps = tuple[Float[Tensor, "b c h w"], ...]
"""Features of three scales, the finest first."""

IMAGE_WIDTHS = 64, 128, 256
IMAGE_UNITS = 3, 4, 14
LANDMARK_WIDTHS = 64, 128, 512
LANDMARK_STAGES = (64, 128, 128, 64, 4), (64, 256, 256, 128, 6), (128, 512, 256, 128, 2)
"""Of each stage: channels before it, within its first unit, which halves the map, within the
others, after it, and how many others there are."""


class ImageUnit(nn.Module):
    """An improved residual unit; nothing follows the sum."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.BatchNorm2d(inward),
            nn.Conv2d(inward, outward, 3, padding=1, bias=False),
            nn.PReLU(outward),
            nn.Conv2d(outward, outward, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outward),
        )
        self.shortcut: nn.Module = nn.MaxPool2d(1, stride)  # every other pixel
        if inward != outward:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inward, outward, 1, stride, bias=False), nn.BatchNorm2d(outward)
            )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o h w"]:
        """Half the size where the stride is 2."""
        found: Tensor = self.residual(x) + self.shortcut(x)
        return found


class ImageStream(nn.Module):
    """IR-50 without its last stage: pictures of side s to maps of s/2, s/4 and s/8."""

    def __init__(self) -> None:
        super().__init__()
        width = IMAGE_WIDTHS[0]
        self.first = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        self.stages = nn.ModuleList()
        for outward, count in zip(IMAGE_WIDTHS, IMAGE_UNITS, strict=True):
            more = [ImageUnit(outward, outward, 1) for _ in range(count - 1)]
            self.stages.append(nn.Sequential(ImageUnit(width, outward, 2), *more))
            width = outward

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Maps:
        """One map of each stage."""
        return tuple(_each(self.first(image), self.stages))


class LandmarkUnit(nn.Module):
    """Widened by a 1x1 convolution, filtered channel by channel, narrowed again."""

    def __init__(self, inward: int, between: int, outward: int, stride: int) -> None:
        super().__init__()
        self.widen = _block(inward, between, 1)
        self.filter = _block(between, between, 3, stride, groups=between)
        self.narrow = nn.Sequential(
            nn.Conv2d(between, outward, 1, bias=False), nn.BatchNorm2d(outward)
        )
        self.residual = stride == 1

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b o h w"]:
        """With the input added where the size stays."""
        found: Tensor = self.narrow(self.filter(self.widen(x)))
        return x + found if self.residual else found


class LandmarkStream(nn.Module):
    """MobileFaceNet up to its last map: pictures of side s to maps of s/4, s/8 and s/16."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(_block(3, 64, 3, 2), _block(64, 64, 3, groups=64))
        self.stages = nn.ModuleList(
            nn.Sequential(
                LandmarkUnit(inward, first, outward, 2),
                *(LandmarkUnit(outward, between, outward, 1) for _ in range(count)),
            )
            for inward, first, between, outward, count in LANDMARK_STAGES
        )
        self.stages[2].add_module("last", _block(128, LANDMARK_WIDTHS[2], 1))

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Maps:
        """One map of each stage."""
        return tuple(_each(self.first(image), self.stages))


def _block(inward: int, outward: int, side: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, norm, PReLU."""
    return nn.Sequential(
        nn.Conv2d(inward, outward, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outward),
        nn.PReLU(outward),
    )


def _each(x: Tensor, stages: nn.ModuleList) -> Iterator[Tensor]:
    """What comes out of each stage."""
    for stage in stages:
        x = stage(x)
        yield x
