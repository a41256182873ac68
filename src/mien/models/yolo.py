"""YOLOv5 (release 6 and later): boxes of classes on three grids, sizes n, s and m.

Written from the published layer table; the names of the tensors are those of its checkpoints, so
that a plain state dict can be loaded. It reads RGB pictures scaled to 0-1, their sides multiples of
32, without mean and deviation.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mien.errors import InputError, ShapeError
from mien.models.decoding import STRIDES
from mien.models.output import Output

__all__ = ["ANCHORS", "CBS", "Yolo", "official", "yolo"]

ANCHORS = (
    ((10.0, 13.0), (16.0, 30.0), (33.0, 23.0)),
    ((30.0, 61.0), (62.0, 45.0), (59.0, 119.0)),
    ((116.0, 90.0), (156.0, 198.0), (373.0, 326.0)),
)
"""Width and height in pixels of the boxes that each grid starts from, of COCO at 640 pixels."""

SIZES = {"n": (0.33, 0.25), "s": (0.33, 0.50), "m": (0.67, 0.75)}
"""Factors of depth and width."""

FROM = {12: (11, 6), 16: (15, 4), 19: (18, 14), 22: (21, 10), 24: (17, 20, 23)}
"""The blocks that a block reads; the others read the one before."""

HEAD = "model.24."
"""What the names of the head begin with; its size is that of the classes."""


class CBS(nn.Module):
    """Convolution without bias, batch normalisation, SiLU."""

    def __init__(self, wide: int, out: int, side: int, step: int = 1) -> None:
        super().__init__()
        pad = 2 if side == 6 else side // 2
        self.conv = nn.Conv2d(wide, out, side, step, pad, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(out, eps=1e-3, momentum=0.03)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d i j"]:
        """Features of the next block."""
        return nn.functional.silu(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    """1 x 1 and 3 x 3; with a shortcut, what comes in is added."""

    def __init__(self, wide: int, shortcut: bool) -> None:
        super().__init__()
        self.cv1, self.cv2 = CBS(wide, wide, 1), CBS(wide, wide, 3)
        self.shortcut = shortcut

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Features of the same size."""
        changed: Tensor = self.cv2(self.cv1(x))
        return x + changed if self.shortcut else changed


class C3(nn.Module):
    """Two branches of half the width, one through bottlenecks, joined by a third convolution."""

    def __init__(self, wide: int, out: int, repeats: int, shortcut: bool = True) -> None:
        super().__init__()
        half = out // 2
        self.cv1, self.cv2 = CBS(wide, half, 1), CBS(wide, half, 1)
        self.cv3 = CBS(2 * half, out, 1)
        self.m = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(repeats)))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """Features of the same size."""
        joined: Tensor = self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), dim=1))
        return joined


class SPPF(nn.Module):
    """Three chained 5 x 5 poolings beside what came in: surroundings of 5, 9 and 13 cells."""

    def __init__(self, wide: int, out: int) -> None:
        super().__init__()
        self.cv1, self.cv2 = CBS(wide, wide // 2, 1), CBS(2 * wide, out, 1)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """Features of the same size."""
        seen = [self.cv1(x)]
        for _ in range(3):
            seen.append(self.pool(seen[-1]))
        joined: Tensor = self.cv2(torch.cat(seen, dim=1))
        return joined


class Join(nn.Module):
    """Features of two blocks, one after the other."""

    def forward(self, *parts: Float[Tensor, "b _ h w"]) -> Float[Tensor, "b c h w"]:
        """Features of the same size."""
        return torch.cat(parts, dim=1)


class Head(nn.Module):
    """One 1 x 1 convolution for each grid: x, y, width, height, objectness and classes."""

    anchors: Tensor
    """(3, 3, 2): width and height per grid in its cells."""

    def __init__(self, widths: Sequence[int], classes: int) -> None:
        super().__init__()
        steps = torch.tensor(STRIDES, dtype=torch.float32)[:, None, None]
        self.register_buffer("anchors", torch.tensor(ANCHORS) / steps)
        self.wide = 5 + classes
        self.m = nn.ModuleList(nn.Conv2d(one, len(ANCHORS[0]) * self.wide, 1) for one in widths)
        self._rare(classes)

    def _rare(self, classes: int) -> None:
        """Begin with the odds of some eight boxes in a picture of 640 pixels."""
        for grid, step in zip(self.m, STRIDES, strict=True):
            if isinstance(grid, nn.Conv2d) and grid.bias is not None:
                with torch.no_grad():
                    bias = grid.bias.view(len(ANCHORS[0]), self.wide)
                    bias[:, 4] += math.log(8 / (640 / step) ** 2)
                    bias[:, 5:] += math.log(0.6 / (classes - 0.99999))

    def forward(self, *features: Float[Tensor, "b _ _ _"]) -> list[Float[Tensor, "b 3 h w d"]]:
        """What each grid says, before any sigmoid."""
        found = []
        for grid, one in zip(self.m, features, strict=True):
            said: Tensor = grid(one)
            shaped = said.reshape(said.shape[0], len(ANCHORS[0]), self.wide, *said.shape[2:])
            found.append(shaped.permute(0, 1, 3, 4, 2))
        return found


class Yolo(nn.Module):
    """YOLOv5: backbone (0-9), neck (10-23) and head (24).

    Its `Output.logits` are (b, n, 5 + c): a row for each anchor of each cell, grid by grid, anchor
    by anchor, row by row; `mien.models.decoding` makes boxes of them.

    Args:
        blocks: 0 to 24, the last of them a `Head`.
    """

    published_whole = True
    """Its checkpoints hold the model itself, see `mien.models.unpickling`."""

    def __init__(self, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.model = nn.ModuleList(blocks)

    @property
    def anchors(self) -> Float[Tensor, "3 3 2"]:
        """Width and height per grid in its cells."""
        head = self.model[-1]
        if not isinstance(head, Head):  # pragma: no cover - the builder's mistake
            raise InputError(f"the last block is a {type(head).__name__}, expected a Head")
        return head.anchors

    @property
    def classes(self) -> int:
        """How many classes there are."""
        head = self.model[-1]
        return head.wide - 5 if isinstance(head, Head) else 0

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Output:
        """Read pictures of 0-1.

        Raises:
            ShapeError: a side is no multiple of 32.
        """
        return Output(torch.cat([one.flatten(1, 3) for one in self.grids(image)], dim=1))

    def grids(self, image: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 3 h w d"]]:
        """What each of the three grids says, before any sigmoid."""
        height, width = image.shape[2:]
        if height % STRIDES[-1] or width % STRIDES[-1]:
            raise ShapeError(
                f"the picture is {width} x {height} pixels, expected multiples of {STRIDES[-1]}"
            )
        seen: list[Tensor] = []
        for number, block in enumerate(self.model[:-1]):
            given = [seen[one] for one in FROM.get(number, (number - 1,))] if number else [image]
            seen.append(block(*given))
        found: list[Tensor] = self.model[-1](*(seen[one] for one in FROM[len(seen)]))
        return found

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """What it takes of a network of other classes: all but the head.

        The anchors belong to the head's numbers, and are left as well.
        """
        own = self.state_dict()
        if set(weights) != set(own) or all(weights[key].shape == own[key].shape for key in own):
            return None
        body = {key: value for key, value in weights.items() if not key.startswith(HEAD)}
        fits = all(value.shape == own[key].shape for key, value in body.items())
        return body if fits else None


def yolo(size: str, outputs: int) -> Yolo:
    """YOLOv5 of one size with random weights.

    Args:
        size: "n", "s" or "m".
        outputs: number of classes.

    Raises:
        InputError: there is no such size.
    """
    if size not in SIZES:
        raise InputError(f"there is no YOLOv5 {size!r} here; there are {', '.join(SIZES)}")
    depth, width = SIZES[size]

    def wide(channels: int) -> int:
        return math.ceil(channels * width / 8) * 8

    def deep(repeats: int) -> int:
        return max(round(repeats * depth), 1)

    a, b, c, d, e = (wide(channels) for channels in (64, 128, 256, 512, 1024))
    return Yolo(
        [
            CBS(3, a, 6, 2),
            CBS(a, b, 3, 2),
            C3(b, b, deep(3)),
            CBS(b, c, 3, 2),
            C3(c, c, deep(6)),
            CBS(c, d, 3, 2),
            C3(d, d, deep(9)),
            CBS(d, e, 3, 2),
            C3(e, e, deep(3)),
            SPPF(e, e),
            CBS(e, d, 1),
            nn.Upsample(scale_factor=2, mode="nearest"),
            Join(),
            C3(2 * d, d, deep(3), shortcut=False),
            CBS(d, c, 1),
            nn.Upsample(scale_factor=2, mode="nearest"),
            Join(),
            C3(2 * c, c, deep(3), shortcut=False),
            CBS(c, c, 3, 2),
            Join(),
            C3(2 * c, d, deep(3), shortcut=False),
            CBS(d, d, 3, 2),
            Join(),
            C3(2 * d, e, deep(3), shortcut=False),
            Head((c, d, e), outputs),
        ]
    )


def official(state: Mapping[str, Tensor]) -> tuple[Yolo, dict[str, tuple[str]]]:
    """The network of a published checkpoint, and where each of its tensors lies there.

    Args:
        state: of size n, s or m, before or after training on any classes.

    Raises:
        InputError: it is of no size that there is here.
    """
    stem, grid = state.get("model.0.conv.weight"), state.get(f"{HEAD}m.0.weight")
    widths = {math.ceil(64 * width / 8) * 8: size for size, (_, width) in SIZES.items()}
    if stem is None or grid is None or len(stem) not in widths:
        raise InputError(
            "these tensors are of no YOLOv5 of size n, s or m; expected model.0.conv.weight with "
            f"{', '.join(map(str, widths))} filters, and {HEAD}m.0.weight"
        )
    network = yolo(widths[len(stem)], len(grid) // len(ANCHORS[0]) - 5)
    return network, {key: (key,) for key in network.state_dict()}
