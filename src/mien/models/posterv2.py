"""POSTER V2: expressions from a face and its landmarks, seen together at three scales.

Mao et al., "POSTER++: A simpler and stronger facial expression recognition network", 2023 (arXiv
2301.12149; Pattern Recognition 2025). At each scale the features of a landmark network ask those of
a face-recognition network (cross-attention within one window, which is the whole map); the three
answers become the tokens of a small vision transformer.

Letters: b pictures, n places of a map, c channels, d = 768 numbers of a token.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import StochasticDepth

from mien.errors import InputError, WeightsError
from mien.models.facestreams import (
    IMAGE_WIDTHS,
    LANDMARK_WIDTHS,
    ImageStream,
    LandmarkStream,
)
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.models.posternames import published_names, theirs

__all__ = ["Landmarks", "PosterV2", "WindowAttention", "official", "posterv2"]

Landmarks = Literal["learned", "frozen", "drifting"]

SIZE = 224
HEAD = 32
"""Width of a head of the window attention."""
DROPPED = 0.0, 0.125, 0.25
"""Share of pictures whose branches are left out while learning, at each scale."""
TOKEN = 768
TOKEN_HEADS = 8
DEPTH = 2
START = 1e-5
"""What the branches of a scale are multiplied by at first."""
EPSILON = 1e-6
"""Of the norms of the transformer; those of the scales have torch's 1e-5."""


class WindowAttention(nn.Module):
    """Landmarks ask the picture: queries as they come, keys and values by one linear layer.

    Queries are neither normed nor projected and can be hundreds, so the softmax is nearly a choice:
    all of it is computed in float32 whatever the rest is.

    Args:
        width: channels, a multiple of 32.
        side: of the window.
    """

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        table = torch.empty((2 * side - 1) ** 2, self.heads)
        self.bias_table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))
        self.key_value = nn.Linear(width, 2 * width)
        self.project = nn.Linear(width, width)
        self.register_buffer("places", _relative_places(side), persistent=False)

    def forward(
        self, landmarks: Float[Tensor, "b n c"], image: Float[Tensor, "b n c"]
    ) -> Float[Tensor, "b n c"]:
        """What the picture answers at each place."""
        kind = image.device.type
        if not torch.is_autocast_enabled(kind):
            return self._answer(landmarks, image)
        with torch.autocast(kind, enabled=False):
            return self._answer(landmarks.float(), image.float())

    def _answer(
        self, landmarks: Float[Tensor, "b n c"], image: Float[Tensor, "b n c"]
    ) -> Float[Tensor, "b n c"]:
        count = image.shape[1]
        both: Tensor = self.key_value(image)
        both = both.reshape(-1, count, 2, self.heads, HEAD)
        key, value = both.permute(2, 0, 3, 1, 4)
        query = landmarks.reshape(-1, count, self.heads, HEAD).transpose(1, 2)
        places: Tensor = self.places  # type: ignore[assignment] # a buffer
        bias = self.bias_table[places.flatten()].reshape(count, count, self.heads)
        alike = (query * HEAD**-0.5) @ key.transpose(2, 3) + bias.permute(2, 0, 1)
        found = alike.softmax(dim=-1) @ value
        answer: Tensor = self.project(found.transpose(1, 2).flatten(2))
        return answer


def _relative_places(side: int) -> Int[Tensor, "n n"]:
    """Row of the bias table for each pair of places, counted as Swin does (Liu et al. 2021)."""
    line = torch.arange(side)
    rows, columns = line.repeat_interleave(side), line.repeat(side)
    down = rows[:, None] - rows + side - 1
    across = columns[:, None] - columns + side - 1
    return down * (2 * side - 1) + across


class Scale(nn.Module):
    """One scale: the picture's map halved and normed, landmarks asking it, a perceptron.

    The shortcut starts from the normed map.

    Args:
        width: channels of both maps.
        side: of the landmarks' map; the picture's is twice as large.
        dropped: share of pictures whose branches are left out while learning.
    """

    def __init__(self, width: int, side: int, dropped: float) -> None:
        super().__init__()
        self.halve = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.norm = nn.LayerNorm(width)
        self.attention = WindowAttention(width, side)
        self.attention_factor = nn.Parameter(torch.full((width,), START))
        self.between = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.perceptron_factor = nn.Parameter(torch.full((width,), START))
        self.drop = StochasticDepth(dropped, "row")

    def forward(
        self, image: Float[Tensor, "b c h w"], landmarks: Float[Tensor, "b c m m"]
    ) -> Float[Tensor, "b c m m"]:
        """Both maps to one."""
        seen: Tensor = self.norm(self.halve(image).flatten(2).transpose(1, 2))
        asked = self.attention(landmarks.flatten(2).transpose(1, 2), seen)
        x = seen + self.drop(self.attention_factor * asked)
        x = x + self.drop(self.perceptron_factor * self.perceptron(self.between(x)))
        found: Tensor = x.transpose(1, 2).reshape(landmarks.shape)
        return found


class Block(nn.Module):
    """A block of a vision transformer, norms first."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(TOKEN, EPSILON)
        self.query_key_value = nn.Linear(TOKEN, 3 * TOKEN)
        self.project = nn.Linear(TOKEN, TOKEN)
        self.perceptron_norm = nn.LayerNorm(TOKEN, EPSILON)
        self.perceptron = nn.Sequential(
            nn.Linear(TOKEN, 4 * TOKEN), nn.GELU(), nn.Linear(4 * TOKEN, TOKEN)
        )

    def forward(self, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n d"]:
        """Tokens, one step on."""
        three = self.query_key_value(self.attention_norm(x))
        query, key, value = three.unflatten(2, (3, TOKEN_HEADS, -1)).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.project(found.transpose(1, 2).flatten(2))
        step: Tensor = x + self.perceptron(self.perceptron_norm(x))
        return step


class Pyramid(nn.Module):
    """Tokens of all scales to one feature: a class token, two blocks, a gate.

    Args:
        places: number of tokens without the class token.
    """

    def __init__(self, places: int) -> None:
        super().__init__()
        self.token = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, 1, TOKEN), std=0.02))
        table = torch.empty(1, places + 1, TOKEN)
        self.positions = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))
        self.blocks = nn.Sequential(*(Block() for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(TOKEN, EPSILON)
        self.gate = nn.Sequential(
            nn.Linear(TOKEN, TOKEN), nn.ReLU(), nn.Linear(TOKEN, TOKEN), nn.Sigmoid()
        )

    def forward(self, tokens: Float[Tensor, "b n d"]) -> Float[Tensor, "b d"]:
        """The class token, gated."""
        x = torch.cat([self.token.expand(tokens.shape[0], -1, -1), tokens], dim=1) + self.positions
        feature: Tensor = self.norm(self.blocks(x)[:, 0])
        gated: Tensor = feature * self.gate(feature)
        return gated


class PosterV2(nn.Module):
    """Pictures (b, 3, s, s) to logits of the classes; ``Output.features`` (b, 768) go before them.

    Both streams read every second pixel (not an average: published weights depend on it).

    Args:
        classes: how many.
        size: side of the crop.
        step: 2, or 1 to read every pixel of a crop of half the size.
        landmarks: "learned": the landmark stream learns with the rest; "frozen": it stays as it
            is, its batch statistics too; "drifting", as released: its weights stay, but the
            statistics follow the batches.
    """

    def __init__(self, classes: int, size: int, step: int, landmarks: Landmarks) -> None:
        super().__init__()
        side = size // step // 4
        self.step = step
        self.kept = landmarks
        self.image = ImageStream()
        self.landmarks = LandmarkStream()
        self.narrow = nn.Conv2d(LANDMARK_WIDTHS[2], IMAGE_WIDTHS[2], 3, padding=1)
        self.scales = nn.ModuleList(
            Scale(width, side >> number, DROPPED[number])
            for number, width in enumerate(IMAGE_WIDTHS)
        )
        fine, middle, coarse = IMAGE_WIDTHS
        self.embeds = nn.ModuleList(
            (
                nn.Sequential(_halving(fine), _halving(TOKEN)),
                nn.Sequential(_halving(middle)),
                nn.Sequential(nn.Conv2d(coarse, TOKEN, 1)),
            )
        )
        self.pyramid = Pyramid(len(IMAGE_WIDTHS) * (side // 4) ** 2)
        self.head = nn.Linear(TOKEN, classes)
        if landmarks != "learned":
            self.landmarks.requires_grad_(False)

    @property
    def kept_parts(self) -> tuple[str, ...]:
        """Beginnings of the names of what never learns, and so must not stay random."""
        return () if self.kept == "learned" else ("landmarks.",)

    @property
    def last_map(self) -> LastMap:
        """What the class token takes up last: the tokens of all scales before the last attention.

        After it nothing is read of them.
        """
        last: Block = self.pyramid.blocks[-1]  # type: ignore[assignment]
        return LastMap(last.attention_norm, "tokens", before=1, scales=len(IMAGE_WIDTHS))

    def train(self, mode: bool = True) -> "PosterV2":
        """Switch to training; a frozen landmark stream stays in evaluation."""
        super().train(mode)
        if self.kept == "frozen":
            self.landmarks.eval()
        return self

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures."""
        seen = image[:, :, :: self.step, :: self.step]
        *finer, last = self.landmarks(seen)
        parts = zip(
            self.scales, self.embeds, self.image(seen), (*finer, self.narrow(last)), strict=True
        )
        tokens = [
            embed(scale(picture, points)).flatten(2).transpose(1, 2)
            for scale, embed, picture, points in parts
        ]
        feature = self.pyramid(torch.cat(tokens, dim=1))
        return Output(self.head(feature), features=feature)

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """What it takes of published weights, or of a network of ours with other classes.

        A pretrained IR-50 or MobileFaceNet gives its stream; an authors' checkpoint gives all, and
        its head if that has as many classes.

        Returns:
            None of other networks, and of one that fits as it is.

        Raises:
            WeightsError: published weights lack a tensor, or have one that they should not have.
        """
        own = self.state_dict()
        if set(weights) == set(own):
            taken = dict(weights)
        elif (found := published_names(weights, own)) is not None:
            _check_places(self, weights)
            taken = found
        else:
            return None
        if len(taken.get("head.weight", own["head.weight"])) != len(own["head.weight"]):
            return {key: one for key, one in taken.items() if not key.startswith("head.")}
        return None if set(weights) == set(own) else taken


def _halving(inward: int) -> nn.Conv2d:
    return nn.Conv2d(inward, TOKEN, 3, stride=2, padding=1)


def posterv2(
    outputs: int, *, size: int = SIZE, step: int = 2, landmarks: Landmarks = "learned"
) -> PosterV2:
    """Build POSTER V2; published networks have 7 or 8 classes and the default size."""
    if step not in (1, 2) or size % (16 * step) or size < 32 * step:
        raise InputError(
            f"POSTER V2 cannot read crops of {size} pixels with a step of {step}; give a step of 1 "
            "or 2 and a multiple of 16 steps from 32 steps on, such as 224 with 2 or 112 with 1"
        )
    if landmarks not in get_args(Landmarks):
        raise InputError(
            f"the landmark stream cannot be {landmarks!r}; choose {', '.join(get_args(Landmarks))}"
        )
    return PosterV2(outputs, size, step, landmarks)


def official(state: Mapping[str, Tensor]) -> tuple[PosterV2, dict[str, list[str]]]:
    """The network of an official checkpoint, and where its tensors come from."""
    last = state.get("VIT.head.linear.weight")
    if last is None or last.dim() != 2:
        raise WeightsError(
            "this is no checkpoint of POSTER V2: it has no tensor VIT.head.linear.weight"
        )
    network = posterv2(len(last))
    _check_places(network, state)
    return network, {key: [theirs(key)] for key in network.state_dict()}


def _check_places(network: PosterV2, state: Mapping[str, Tensor]) -> None:
    """Refuse checkpoints whose windows are counted otherwise."""
    for number, scale in enumerate(network.scales, 1):
        name = f"attn{number}.relative_position_index"
        ours = scale.attention.places  # type: ignore[union-attr]
        if name in state and not torch.equal(state[name].to(torch.int64), ours):  # type: ignore[arg-type]
            raise WeightsError(
                f"{name} of this checkpoint counts the places of the window otherwise than POSTER "
                f"V2 does here; is it of another size than {SIZE} pixels?"
            )
