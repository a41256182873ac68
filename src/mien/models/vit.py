"""A vision transformer without class token: the patches of a picture to as many tokens.

Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021, in the form that masked
auto-encoders have (He et al., CVPR 2022): norms before, places by fixed sines, and no bias of the
keys, which would be the same for all places and change no attention.

Letters: b pictures, n places of a picture row by row, m of them, d width.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError, ShapeError, WeightsError

__all__ = ["Block", "Encoder", "Size", "at", "check", "draw", "places", "size_of"]

WIDER = 4
"""How many times wider the hidden layer of a block is."""
BASE = 10_000.0
"""Of the wavelengths of the sines: they go from 2 pi to nearly this times 2 pi."""
EPSILON = 1e-6
"""Of the norms."""
HEAD = 64
"""Width of a head in published networks; their files do not say it."""


class Size(NamedTuple):
    """How large a transformer is."""

    width: int
    """Numbers of a token."""
    depth: int
    """Blocks."""
    heads: int


def places(count: int, width: int) -> Float[Tensor, "1 n d"]:
    """The fixed sines and cosines that tell the places apart: sines at even numbers of a token.

    Vaswani et al., "Attention Is All You Need", 2017, section 3.5; along the patches row by row,
    as one line.

    >>> [round(value, 4) for value in places(2, 4)[0, 1].tolist()]  # sin, cos of 1 and of 0.01
    [0.8415, 0.5403, 0.01, 0.9999]
    """
    number = torch.arange(width)
    wavelength = BASE ** ((number // 2 * 2).double() / width)
    angle = torch.arange(count).double()[:, None] / wavelength
    return torch.where(number % 2 == 0, angle.sin(), angle.cos()).float()[None]


def at(tokens: Float[Tensor, "b n d"], rows: Int[Tensor, "b m"]) -> Float[Tensor, "b m d"]:
    """The tokens of some places, of each picture its own."""
    return tokens.gather(1, rows[..., None].expand(-1, -1, tokens.shape[-1]))


class Attention(nn.Module):
    """Each token takes from all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        joined = functional.linear(tokens, self.qkv.weight, bias)
        apart = joined.reshape(*tokens.shape[:2], 3, self.heads, -1)
        query, key, value = apart.permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value)
        return self.proj(found.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """Two layers on each token alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, WIDER * width)
        self.fc2 = nn.Linear(WIDER * width, width)

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        return self.fc2(functional.gelu(self.fc1(tokens)))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Attention and two layers, each added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = Mlp(width)

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        """One step."""
        tokens = tokens + self.attn(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """A picture, or some of its patches, to tokens.

    Args:
        side: of the picture, in pixels.
        patch: side of a patch.
        size: of the transformer.

    Raises:
        InputError: the patches do not fill the picture, or the heads do not divide the width.
    """

    table: Float[Tensor, "1 n d"]

    def __init__(self, side: int, patch: int, size: Size) -> None:
        super().__init__()
        check(side, patch, size)
        self.side, self.patch, self.width = side, patch, size.width
        self.count = (side // patch) ** 2
        self.patch_embed = nn.Sequential(OrderedDict(proj=nn.Conv2d(3, size.width, patch, patch)))
        self.blocks = nn.ModuleList(Block(size.width, size.heads) for _ in range(size.depth))
        self.norm = nn.LayerNorm(size.width, eps=EPSILON)
        self.register_buffer("table", places(self.count, size.width), persistent=False)
        draw(self)

    def forward(
        self, image: Float[Tensor, "b 3 s s"], rows: Int[Tensor, "b m"] | None = None
    ) -> Float[Tensor, "b n d"] | Float[Tensor, "b m d"]:
        """The tokens of all places, or of the places in ``rows`` alone.

        Raises:
            ShapeError: the pictures are of another size.
        """
        if tuple(image.shape[-2:]) != (self.side, self.side):
            raise ShapeError(
                f"the network reads pictures of {self.side} x {self.side} pixels, and one of "
                f"{image.shape[-1]} x {image.shape[-2]} came; data.size and model.options.size "
                "have to be the same"
            )
        tokens = self.patch_embed(image).flatten(2).transpose(1, 2) + self.table
        if rows is not None:
            tokens = at(tokens, rows)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)  # type: ignore[no-any-return]


def check(side: int, patch: int, size: Size) -> None:
    """Refuse what cannot be built.

    Raises:
        InputError: see `Encoder`.
    """
    if min(side, patch, *size) < 1 or side % patch:
        raise InputError(
            f"patches of {patch} pixels do not fill a picture of {side}; expected a size that is "
            "a multiple of the patch, and a width, depth and heads from 1 on"
        )
    if size.width % size.heads:
        raise InputError(
            f"{size.heads} heads do not divide a width of {size.width}; choose a width that is a "
            "multiple of the heads"
        )


def draw(module: nn.Module) -> None:
    """Draw weights as masked auto-encoders begin: uniform after Xavier, biases 0."""
    for one in module.modules():
        if isinstance(one, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(one.weight.flatten(1))
            if one.bias is not None:
                nn.init.zeros_(one.bias)


def size_of(state: Mapping[str, Tensor], part: str) -> Size:
    """The size of a transformer in a checkpoint.

    Args:
        state: tensors by name.
        part: what the names of its tensors begin with, such as "encoder.".

    Raises:
        WeightsError: it is not there.
    """
    norm, blocks = f"{part}norm.weight", f"{part}blocks."
    if norm not in state:
        raise WeightsError(f"this is no checkpoint of a masked auto-encoder: it has no {norm}")
    width = len(state[norm])
    numbers = {key.removeprefix(blocks).split(".")[0] for key in state if key.startswith(blocks)}
    return Size(width, len(numbers), max(1, width // HEAD))
