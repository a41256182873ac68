"""From a frame to an aligned crop: the templates that networks ask for."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from mien.errors import InputError, ShapeError
from mien.face.affine import Float64, inverse, warp
from mien.face.landmarks import (
    LEFT_EYE_RING,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_EYE_RING,
    eye_centres,
    landmarks,
    reduce,
)
from mien.face.rim import fade
from mien.values import Crop, Float32, Image, check_image

__all__ = [
    "TEMPLATES",
    "Template",
    "box_matrix",
    "crop",
    "crop_box",
    "crop_points",
    "face_box",
    "ffhq_quad",
    "jaanet_matrix",
    "megraphau_matrix",
    "quad_matrix",
]


def jaanet_matrix(points: NDArray[np.floating], size: int = 200, enlarge: float = 2.9) -> Float64:
    """Align 49 points as JAA-Net does: eyes level, eyes to mouth ``1 / enlarge`` of the side.

    Shao et al., "JÂA-Net: Joint Facial Action Unit Detection and Face Alignment via Adaptive
    Attention", IJCV 2021.

    Args:
        points: (49, 2) in frame pixels.
        size: side of the crop.
        enlarge: side of the crop over the longer side of the box of eyes, nose and mouth.

    Returns:
        (2, 3), frame pixels to crop pixels.
    """
    right, left = eye_centres(points)
    cosine, sine = (left - right) / _length(left - right)
    level = np.array([[cosine, sine], [-sine, cosine]])
    five = np.stack([right, left, points[13], points[31], points[37]]) @ level.T
    low, high = five.min(axis=0), five.max(axis=0)
    half = 0.5 * enlarge * max(high - low)
    scale = (size - 1) / 2 / half
    shift = scale * (half - (low + high) / 2)
    return np.concatenate([scale * level, shift[:, None]], axis=1)


def megraphau_matrix(points: NDArray[np.floating], size: int = 256) -> Float64:
    """Align 49 points for ME-GraphAU: eyes level at 29 % of the height, 33 % of the width apart.

    The authors (Luo et al., IJCAI 2022) give no template; this is as the pictures that they show
    lie, in the middle. The similarity that brings the centres of the eyes and the middle of the
    mouth nearest (least squares) to where a face of usual proportions has them.

    Args:
        points: (49, 2) in frame pixels.
        size: side of the crop.

    Returns:
        (2, 3), frame pixels to crop pixels.
    """
    three = np.stack([*eye_centres(points), (points[31] + points[37]) / 2])
    found = three.astype(np.float64) @ [1, 1j]
    wanted = size * np.array([-0.5, 0.5, 1j * EYES_TO_MOUTH]) * EYES_APART
    centre, goal = found.mean(), wanted.mean()
    if not np.abs(found - centre).max() > 0:
        raise ShapeError("the points to align lie on one another; give the points of a face")
    turn = np.vdot(found - centre, wanted - goal) / np.vdot(found - centre, found - centre)
    shift = goal - turn * centre + size * (0.5 + 1j * EYES_DOWN) - (0.5 + 0.5j)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def ffhq_quad(
    right_eye: NDArray[np.floating], left_eye: NDArray[np.floating], lips: NDArray[np.floating]
) -> Float64:
    """Give the corners of the square that the FFHQ alignment cuts out.

    Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks",
    2019, with the mesh's points, as the public intensity networks read them.

    Args:
        right_eye: (16, 2) contour of the person's right eye, in frame pixels.
        left_eye: (16, 2) contour of the person's left eye.
        lips: (n, 2) contour points of the lips.

    Returns:
        (4, 2): top left, bottom left, bottom right, top right.
    """
    right, left = right_eye.mean(axis=0), left_eye.mean(axis=0)
    eyes, middle = left - right, (left + right) / 2
    mouth = (lips[lips[:, 0].argmin()] + lips[lips[:, 0].argmax()]) / 2 - middle
    across = eyes - np.array([-mouth[1], mouth[0]])
    across = across / _length(across) * max(2.0 * _length(eyes), 1.8 * _length(mouth))
    down = np.array([-across[1], across[0]])
    centre = middle + 0.1 * mouth
    corners = [-across - down, -across + down, across + down, across - down]
    return np.asarray(centre + np.array(corners), np.float64)


def quad_matrix(quad: Float64, size: int) -> Float64:
    """Give the (2, 3) map of a square's corners to the outer corners of a crop's pixels."""
    across, down = (quad[3] - quad[0]) / size, (quad[1] - quad[0]) / size
    start = quad[0] + 0.5 * (across + down)
    return inverse(np.stack([across, down, start], axis=1))


def face_box(points: NDArray[np.floating], width: int, height: int) -> tuple[int, int, int, int]:
    """The box around the landmarks of a whole face, as the AU baselines on CK+ cut it.

    Ten pixels of the frame on three sides, twenty on top, no further than the frame.

    Args:
        points: (p, 2) in frame pixels, the jaw among them.
        width: of the frame.
        height: of the frame.

    Returns:
        x0, y0, x1, y1; pixels from x0 to x1 - 1 are inside.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    box = (
        max(int(low[0]) - 10, 0),
        max(int(low[1]) - 20, 0),
        min(int(high[0] + 10), width),
        min(int(high[1] + 10), height),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ShapeError("the landmarks lie outside the picture; give those of this picture")
    return box


def box_matrix(box: tuple[float, float, float, float], size: int) -> Float64:
    """Give the (2, 3) map of a box x0, y0, x1, y1 to the outer corners of a crop's pixels.

    Edges are counted from the corner of the first pixel: the whole frame is 0, 0, width, height.
    """
    x0, y0, x1, y1 = box
    across, down = size / (x1 - x0), size / (y1 - y0)
    return np.array([[across, 0, (0.5 - x0) * across - 0.5], [0, down, (0.5 - y0) * down - 0.5]])


def crop(
    image: Image,
    mesh: Float32,
    template: str,
    size: int | None = None,
    inner: int | None = None,
) -> Crop:
    """Cut out a face as one of the ``TEMPLATES`` wants it, by its mesh.

    Args:
        image: uint8 (h, w, 3), the frame.
        mesh: float32 (478, 3) in frame pixels.
        template: one of TEMPLATES; "whole" takes the box around the mesh, for the networks that
            read it were trained on pictures that show nothing but a face.
        size: side of the crop; the template's own if None.
        inner: side of its middle square that is wanted, which may be cut in less time; None: all.
    """

    def cut(one: Template, side: int) -> tuple[Image, Float64]:
        within = min(inner or side, side)
        if one.cut_middle is not None:
            return one.cut_middle(image, mesh, side, within)
        whole, matrix = one.cut(image, mesh, side)
        first = (side - within) // 2
        matrix[:, 2] -= first
        return whole[first : first + within, first : first + within], matrix

    return _made(image, template, size, cut)


def crop_points(
    image: Image, points: Float32, scheme: str, template: str, size: int | None = None
) -> Crop:
    """Cut out a face as one of the ``TEMPLATES`` wants it, by landmarks that a data set brings.

    Args:
        image: uint8 (h, w, 3), the frame.
        points: float32 (p, 2) in frame pixels.
        scheme: which points they are, one of `mien.face.landmarks.SCHEMES`.
        template: one of TEMPLATES whose ``schemes`` has this scheme.
        size: side of the crop; the template's own if None.

    Raises:
        InputError: the template cannot be cut from these points.
    """

    def cut(one: Template, side: int) -> tuple[Image, Float64]:
        if one.cut_points is None or scheme not in one.schemes:
            wanted = ", ".join((*one.schemes, "the mesh"))
            raise InputError(
                f"the template {template!r} cannot be cut from {scheme} landmarks; give {wanted}"
            )
        return one.cut_points(image, reduce(points, scheme, one.schemes[0]), side)

    return _made(image, template, size, cut)


def crop_box(
    image: Image, box: tuple[float, float, float, float] | None, size: int | None = None
) -> Crop:
    """Resize a picture, or a box of it, as the template "whole" wants it.

    Args:
        image: uint8 (h, w, 3), the frame.
        box: x0, y0, x1, y1, of which the part inside the frame is taken; None: all of it.
        size: side of the crop; the template's own if None.
    """
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box or (0, 0, width, height)
    inside = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
    if not (inside[0] < inside[2] and inside[1] < inside[3]):
        raise ShapeError("the box of the face lies outside the picture; give that of this picture")
    return _made(image, "whole", size, lambda _, side: _resized(image, inside, side))


def _jaanet(image: Image, points: Float32, size: int) -> tuple[Image, Float64]:
    matrix = jaanet_matrix(points.astype(np.float64), size)
    return warp(image, matrix, size, (128, 128, 128)), matrix


def _megraphau(image: Image, points: Float32, size: int) -> tuple[Image, Float64]:
    matrix = megraphau_matrix(points.astype(np.float64), size)
    finer = min(MOST_FINER, int(np.ceil(1 / np.hypot(*matrix[0, :2]) - 1e-9)))
    if finer == 1:
        return warp(image, matrix, size), matrix
    fine = matrix * finer  # pixel centres lie at one half
    fine[:, 2] += 0.5 * finer - 0.5
    large = Picture.fromarray(warp(image, fine, finer * size))
    return np.asarray(large.reduce(finer)), matrix


def _box(image: Image, points: Float32, size: int) -> tuple[Image, Float64]:
    return _resized(image, face_box(points, image.shape[1], image.shape[0]), size)


def _whole(image: Image, mesh: Float32, size: int) -> tuple[Image, Float64]:
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    made = crop_box(image, (*low.tolist(), *high.tolist()), size)
    return made.image, made.matrix.astype(np.float64)


def _ffhq(image: Image, mesh: Float32, size: int) -> tuple[Image, Float64]:
    return _ffhq_middle(image, mesh, size, size)


def _ffhq_middle(image: Image, mesh: Float32, size: int, inner: int) -> tuple[Image, Float64]:
    points = mesh[:, :2].astype(np.float64)
    lips = points[list(LIPS_OUTER + LIPS_INNER)]
    quad = ffhq_quad(points[list(RIGHT_EYE_RING)], points[list(LEFT_EYE_RING)], lips)
    faded, shift, shrink = fade(image, quad, min(1.0, (inner + 2 * MARGIN) / size))
    # shrinking moves pixel centres: they lie at one half of a pixel, not at its corner
    inside = (quad - shift + 0.5) / shrink - 0.5
    # the public networks read the square of 512 pixels, averaged down: a warp would only sample
    side = max(size, FFHQ_SIDE)
    first, finer = (size - inner) // 2, side // size
    low, wide = (0, side) if side % size else _with_margin(first, inner, size, finer)
    fine = quad_matrix(inside, side)
    fine[:, 2] -= low
    cut = warp(faded, fine, wide)
    small = cut if side == size else _resized(cut, (0, 0, wide, wide), wide * size // side)[0]
    matrix = quad_matrix(quad, size)
    matrix[:, 2] -= first
    start = first - low // finer
    return small[start : start + inner, start : start + inner], matrix


def _with_margin(first: int, inner: int, size: int, finer: int) -> tuple[int, int]:
    """Where the middle begins in the finer square and how wide it is, with what averaging needs."""
    margin = MARGIN if finer > 1 else 0
    low, high = max(first - margin, 0), min(first + inner + margin, size)
    return low * finer, (high - low) * finer


def _resized(
    image: Image, box: tuple[float, float, float, float], size: int
) -> tuple[Image, Float64]:
    """A box of a picture as a square, whatever its shape: bilinear, averaged where it shrinks."""
    x0, y0, x1, y1 = box
    picture = Picture.fromarray(np.ascontiguousarray(image))
    place = None if all(float(edge).is_integer() for edge in box) else box
    if place is None:  # cut first, so that no surroundings leak in
        picture = picture.crop((int(x0), int(y0), int(x1), int(y1)))
    small = picture.resize((size, size), Picture.Resampling.BILINEAR, box=place)
    return np.asarray(small), box_matrix(box, size)


class Template(NamedTuple):
    """One way to align a face."""

    size: int
    cut: Callable[[Image, Float32, int], tuple[Image, Float64]]
    """Frame, mesh and side to the crop and its matrix, frame pixels to crop pixels."""
    schemes: tuple[str, ...] = ()
    """Landmarks from which it can be cut too, all reduced to the first; none: from the mesh."""
    cut_points: Callable[[Image, Float32, int], tuple[Image, Float64]] | None = None
    """The same from the first of ``schemes``."""
    bare: bool = False
    """Whether the picture or a box is enough."""
    cut_middle: Callable[[Image, Float32, int, int], tuple[Image, Float64]] | None = None
    """Frame, mesh, side and side of the middle to the middle of the crop and its matrix, where that
    takes less than all of it."""


def _by_points(
    size: int, cut: Callable[[Image, Float32, int], tuple[Image, Float64]], *schemes: str
) -> Template:
    """A template that is cut from the first of ``schemes``, wherever it comes from."""

    def from_mesh(image: Image, mesh: Float32, side: int) -> tuple[Image, Float64]:
        return cut(image, landmarks(mesh, schemes[0]), side)

    return Template(size, from_mesh, schemes, cut)


FFHQ_SIDE = 512
MARGIN = 2
"""Pixels of the crop beyond its middle that averaging reads."""
EYES_DOWN, EYES_APART = 0.29, 0.33
"""Where ME-GraphAU's eyes lie, in sides of the picture."""
EYES_TO_MOUTH = 1.118
"""From between the eyes to the middle of the mouth in distances of the eyes, on the reference
mesh."""
MOST_FINER = 8
"""Times that a face may be larger than its crop and still be averaged, not sampled."""
TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "jaanet": _by_points(200, _jaanet, "49", "66", "68"),
        "megraphau": _by_points(256, _megraphau, "49", "66", "68"),
        "ffhq": Template(FFHQ_SIDE, _ffhq, cut_middle=_ffhq_middle),
        "box": _by_points(224, _box, "66", "68"),
        "whole": Template(224, _whole, bare=True),
    }
)
"""How a face is cut out:

- jaanet: eyes level, 49 landmarks, Shao 2021. Bilinear without averaging, as the authors do: a face
  of four times the size is sampled, not averaged.
- megraphau: eyes and mouth where the pictures of Luo 2022 have them, by 49 landmarks; averaged
  where it shrinks, black beyond the frame.
- ffhq: turned square around eyes and mouth by the mesh, Karras 2019; averaged where it shrinks.
- box: upright box around all landmarks with the jaw, its shape not kept, as the AU baselines on CK+
  do; averaged where it shrinks.
- whole: the picture or a given box of it, its shape not kept; averaged where it shrinks.
"""


def _made(
    image: Image,
    template: str,
    size: int | None,
    cut: Callable[[Template, int], tuple[Image, Float64]],
) -> Crop:
    """A crop by one of the templates."""
    check_image(image)
    if template not in TEMPLATES:
        known = ", ".join(TEMPLATES)
        raise InputError(f"there is no template {template!r}; choose one of {known}")
    one = TEMPLATES[template]
    picture, matrix = cut(one, size or one.size)
    return Crop(picture, matrix.astype(np.float32), template)


def _length(vector: NDArray[np.floating]) -> float:
    length = float(np.hypot(vector[0], vector[1]))
    if not length > 0:
        raise ShapeError("the points to align lie on one another; give the points of a face")
    return length
