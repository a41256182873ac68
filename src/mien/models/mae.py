"""A masked auto-encoder, and its encoder as the teacher of action unit intensity.

He, Chen, Xie, Li, Dollar, Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022:
some patches of a picture are seen, the others are to be said, without any label. Chang, Yin, Li,
Tran, Soleymani, "LibreFace: An Open-Source Toolkit for Deep Facial Expression Analysis", WACV 2024:
the encoder with all of its tokens and one small head.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from mien.errors import InputError, WeightsError
from mien.models.lastmap import LastMap
from mien.models.output import Output
from mien.models.vit import EPSILON, Block, Encoder, Size, at, check, draw, places, size_of

__all__ = [
    "Decoder",
    "MaskedAutoencoder",
    "Teacher",
    "mae",
    "official",
    "official_teacher",
    "patches_of",
    "teacher",
]

SPREAD = 0.02
"""Standard deviation of the token of masked patches at the start."""

FEATURES = 128
"""Numbers that a student learns to have as well."""
HIDDEN = 32
Form = Literal["unbounded", "logits"]
FORMS: dict[Form, float] = {"unbounded": 5.0, "logits": 1.0}
"""By what the head's numbers, on the scale 0-1 of the strongest intensity, are multiplied: logits
are then intensities without bounds, or those of classes."""
LAST = "interpreter.4."
"""The layer that depends on what is read, units or expressions."""
ENCODER = "encoder."
TWICE = "mae."
"""What names of a published checkpoint begin with that it holds beside the network: the whole
auto-encoder, whose encoder is there a second time."""


def patches_of(image: Float[Tensor, "b 3 s s"], patch: int) -> Float[Tensor, "b n q 3"]:
    """The pixels of each patch, row by row.

    >>> patches_of(torch.arange(12.0).reshape(1, 3, 2, 2), 1)[0, 1].tolist()
    [[1.0, 5.0, 9.0]]
    """
    batch, colours, side, _ = image.shape
    rows = side // patch
    cut = image.reshape(batch, colours, rows, patch, rows, patch)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(batch, rows * rows, patch * patch, colours)


class Decoder(nn.Module):
    """Tokens of seen and of masked patches to the pixels of the masked ones."""

    def __init__(self, size: Size, outputs: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(size.width, size.heads) for _ in range(size.depth))
        self.norm = nn.LayerNorm(size.width, eps=EPSILON)
        self.head = nn.Linear(size.width, outputs)

    def forward(self, tokens: Float[Tensor, "b n d"], masked: int) -> Float[Tensor, "b m o"]:
        """What the last ``masked`` tokens say."""
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(self.norm(tokens[:, -masked:]))  # type: ignore[no-any-return]


class MaskedAutoencoder(nn.Module):
    """The pixels of the masked patches from the others; see `patches_of` for their order."""

    table: Float[Tensor, "1 n d"]

    def __init__(self, encoder: Encoder, size: Size) -> None:
        super().__init__()
        self.encoder = encoder
        self.encoder_to_decoder = nn.Linear(encoder.width, size.width, bias=False)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, size.width))
        self.decoder = Decoder(size, 3 * encoder.patch**2)
        self.register_buffer("table", places(encoder.count, size.width), persistent=False)
        draw(self.encoder_to_decoder)
        draw(self.decoder)
        nn.init.trunc_normal_(self.mask_token, std=SPREAD)

    def forward(
        self, image: Float[Tensor, "b 3 s s"], masked: Bool[Tensor, "b n"]
    ) -> Float[Tensor, "b m q3"]:
        """Say the masked patches.

        Args:
            image: normalised pictures; nothing of a masked patch is read.
            masked: which patches are, in every picture as many.
        """
        count = int(masked[0].sum())
        order = masked.int().argsort(dim=1, stable=True)
        seen, hidden = order[:, :-count], order[:, -count:]
        table = self.table.expand(len(image), -1, -1)
        known = self.encoder_to_decoder(self.encoder(image, seen)) + at(table, seen)
        asked = self.mask_token + at(table, hidden)
        return self.decoder(torch.cat([known, asked], dim=1), count)  # type: ignore[no-any-return]


def mae(  # noqa: PLR0913 - one parameter for each option
    *,
    size: int = 224,
    patch: int = 16,
    width: int = 768,
    depth: int = 12,
    heads: int = 12,
    decoder_width: int = 384,
    decoder_depth: int = 4,
    decoder_heads: int = 6,
) -> MaskedAutoencoder:
    """Build a masked auto-encoder; as it stands that of the public teacher, on ViT-B/16.

    Args:
        size: side of the pictures, in pixels.
        patch: side of a patch.
        width: of the encoder's tokens.
        depth: blocks of the encoder.
        heads: of the encoder's attention.
        decoder_width: of the decoder's tokens.
        decoder_depth: blocks of the decoder.
        decoder_heads: of the decoder's attention.

    Raises:
        InputError: sizes do not fit each other.
    """
    decoder = Size(decoder_width, decoder_depth, decoder_heads)
    check(size, patch, decoder)
    return MaskedAutoencoder(Encoder(size, patch, Size(width, depth, heads)), decoder)


class Teacher(nn.Module):
    """A picture to one number per unit or class, with its features (b, 128).

    Args:
        encoder: picture to tokens.
        outputs: how many units or classes.
        form: one of FORMS.
        dropout: share of numbers dropped in the head.

    Raises:
        InputError: there is no such form.
    """

    def __init__(self, encoder: Encoder, outputs: int, form: Form, dropout: float) -> None:
        super().__init__()
        if form not in FORMS:
            raise InputError(f"a teacher has no form {form!r}; choose {' or '.join(FORMS)}")
        self.encoder = encoder
        self.proj = nn.Linear(encoder.count * encoder.width, FEATURES)
        self.interpreter = nn.Sequential(
            nn.Linear(FEATURES, HIDDEN),
            nn.ReLU(),
            nn.BatchNorm1d(HIDDEN),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, outputs),
        )
        self.scale = FORMS[form]
        self.outputs = outputs

    @property
    def last_map(self) -> LastMap:
        """The encoder's tokens: see `mien.models.lastmap`."""
        return LastMap(self.encoder.norm, "tokens")

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Output:
        """Read normalised pictures."""
        features = self.proj(self.encoder(image).flatten(1))
        return Output(self.scale * self.interpret(features), features=features)

    def interpret(self, features: Float[Tensor, "b d"]) -> Float[Tensor, "b k"]:
        """What the head says of features, its own or a student's: intensities on the scale 0-1."""
        return self.interpreter(features)  # type: ignore[no-any-return]

    def goes_on(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
        """What it takes of an auto-encoder, of a published checkpoint, or of other outputs.

        Of an auto-encoder its encoder, of a teacher of other outputs all but the last layer, of a
        published checkpoint what it does not hold twice; None of the same network.
        """
        if "mask_token" in weights:
            return {key: value for key, value in weights.items() if key.startswith(ENCODER)}
        last = weights.get(f"{LAST}weight")
        if last is None:
            return None
        others = len(last) != self.outputs
        left = (TWICE, LAST) if others else (TWICE,)
        taken = {key: value for key, value in weights.items() if not key.startswith(left)}
        return taken if len(taken) < len(weights) else None


def teacher(  # noqa: PLR0913 - one parameter for each option
    outputs: int,
    *,
    size: int = 224,
    patch: int = 16,
    width: int = 768,
    depth: int = 12,
    heads: int = 12,
    form: Form = "unbounded",
    dropout: float = 0.1,
) -> Teacher:
    """Build a teacher; as it stands the published one, on ViT-B/16.

    Args:
        outputs: how many units or classes.
        size: side of the pictures, in pixels.
        patch: side of a patch.
        width: of the tokens.
        depth: blocks.
        heads: of the attention.
        form: "unbounded" intensities 0-5, or "logits" of classes.
        dropout: share of numbers dropped in the head.

    Raises:
        InputError: sizes do not fit each other, or there is no such form.
    """
    return Teacher(Encoder(size, patch, Size(width, depth, heads)), outputs, form, dropout)


def official(state: Mapping[str, Tensor]) -> tuple[MaskedAutoencoder, dict[str, list[str]]]:
    """The network of a published pre-training checkpoint, and where its tensors come from.

    Names are ours already. The size of the pictures is not in the file: 224 pixels.
    """
    encoder = size_of(state, ENCODER)
    decoder = size_of(state, "decoder.")
    patch = state["encoder.patch_embed.proj.weight"].shape[-1]
    network = MaskedAutoencoder(Encoder(224, patch, encoder), decoder)
    return network, {key: [key] for key in network.state_dict()}


def official_teacher(state: Mapping[str, Tensor]) -> tuple[Teacher, dict[str, list[str]]]:
    """The network of a published checkpoint, and where its tensors come from.

    Names are ours already. Such a file holds the auto-encoder as well; the tensors of ``encoder.``
    are those that count, as when the authors load it.
    """
    size = size_of(state, ENCODER)
    for key in ("proj.weight", f"{LAST}weight", "encoder.patch_embed.proj.weight"):
        if key not in state:
            raise WeightsError(f"this is no checkpoint of a teacher: it has no {key}")
    patch = state["encoder.patch_embed.proj.weight"].shape[-1]
    side = patch * round((state["proj.weight"].shape[1] / size.width) ** 0.5)
    encoder = Encoder(side, patch, size)
    network = Teacher(encoder, len(state[f"{LAST}weight"]), "unbounded", 0.1)
    layout = {key: [key] for key in network.state_dict()}
    return network, layout | {TWICE: _beside(state, side, patch, size)}


def _beside(state: Mapping[str, Tensor], side: int, patch: int, size: Size) -> list[str]:
    """Names of the auto-encoder that a checkpoint holds as well, none where it holds none."""
    if not any(key.startswith(TWICE) for key in state):
        return []
    decoder = size_of(state, f"{TWICE}decoder.")
    with torch.device("meta"):
        whole = mae(
            size=side,
            patch=patch,
            **size._asdict(),
            **{f"decoder_{name}": value for name, value in decoder._asdict().items()},
        )
    return [f"{TWICE}{key}" for key in whole.state_dict()]
