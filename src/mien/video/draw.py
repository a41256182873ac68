"""Faces drawn on a picture: mesh, box with track number, a bar for each action unit."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.errors import InputError
from mien.face.geometry import SKIN
from mien.face.landmarks import (
    LEFT_BROW,
    LEFT_EYE_RING,
    LEFT_IRIS,
    LIPS_INNER,
    LIPS_OUTER,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE_RING,
    RIGHT_IRIS,
)
from mien.values import Face, Float32, Image, check_image
from mien.video.palette import TAG, Colour, colour_of, font_of, letter_size
from mien.video.panel import Bars, draw_panel, panel_letters, place_panel

__all__ = ["Bars", "draw_faces"]

Indices = tuple[int, ...]


def _loop(ring: Indices, turn: int) -> Indices:
    """A ring whose two edges are both given outwards in, as one line round it."""
    return (*ring[:turn], *reversed(ring[turn:]), ring[0])


_NOSE = (168, 6, 197, 195, 5, 4)
CONTOURS: tuple[Indices, ...] = (
    (*OVAL, OVAL[0]),
    _loop(LIPS_OUTER, 11),
    _loop(LIPS_INNER, 11),
    _loop(RIGHT_EYE_RING, 9),
    _loop(LEFT_EYE_RING, 9),
    _loop(RIGHT_BROW, 5),
    _loop(LEFT_BROW, 5),
    _NOSE,
)
"""Lines through mesh points, in the order in which a pen goes along them."""

IRISES = (RIGHT_IRIS[:2], LEFT_IRIS[:2])
"""Centre and one edge point of each iris."""

MESH_COLOUR: Colour = (110, 255, 220)
POINT_ALPHA, LINE_ALPHA = 170, 225

FINE_BELOW = ((400, 4), (1200, 2))
"""Longest side of a face in pixels, and how much finer than the picture its lines are drawn."""


def draw_faces(image: Image, faces: Sequence[Face], bars: Sequence[Bars] = ()) -> Image:
    """Draw mesh, box, track number and bars of each face on a copy of a picture.

    Sizes of lines and letters follow the picture and the face, so that 200 pixels and 4000 read
    alike.

    Args:
        image: uint8 (h, w, 3), RGB.
        faces: in frame pixels.
        bars: for each face its labels and values 0-5. Where there is no room for all without
            hiding a face or another panel the strongest are drawn, larger faces first, or none.
            Empty for no bars at all.

    Returns:
        uint8 (h, w, 3), RGB, of the same size.

    Raises:
        InputError: there are bars for another number of faces.
    """
    check_image(image)
    if bars and len(bars) != len(faces):
        raise InputError(
            f"bars of {len(bars)} faces came with {len(faces)} faces, expected as many"
        )
    canvas = PIL.Image.fromarray(image)
    for face in faces:
        if face.mesh is not None:
            _draw_mesh(canvas, face.mesh)
    letters = letter_size(canvas.size)
    for face in faces:
        _draw_box(canvas, face, letters)
    if bars:
        _draw_panels(canvas, faces, bars, letters)
    return np.array(canvas)


def _draw_mesh(canvas: PIL.Image.Image, mesh: Float32) -> None:
    """Draw points and contours with soft edges, into the picture itself."""
    low = np.floor(mesh[:, :2].min(axis=0)).astype(int) - 2
    high = np.ceil(mesh[:, :2].max(axis=0)).astype(int) + 3
    left, top = np.maximum(low, 0).tolist()
    right, bottom = np.minimum(high, canvas.size).tolist()
    if right <= left or bottom <= top:
        return
    fine = next((scale for side, scale in FINE_BELOW if max(high - low) < side), 1)
    mask = PIL.Image.new("L", ((right - left) * fine, (bottom - top) * fine), 0)
    points = (mesh[:, :2] - (left, top) + 0.5) * fine
    _trace(ImageDraw.Draw(mask), points, max(1.0, max(high - low) / 160) * fine)
    canvas.paste(MESH_COLOUR, (left, top, right, bottom), mask.reduce(fine) if fine > 1 else mask)


def _trace(pen: ImageDraw.ImageDraw, points: Float32, thickness: float) -> None:
    """Draw points and contours into a mask."""
    radius = max(0.5, thickness * 0.5)
    for x, y in points[:SKIN].tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=POINT_ALPHA)
    width = max(1, round(thickness * 0.75))
    for contour in CONTOURS:
        pen.line(points[list(contour)].ravel().tolist(), LINE_ALPHA, width, joint="curve")
    for centre, edge in IRISES:
        x, y = points[centre].tolist()
        reach = float(np.hypot(*(points[edge] - points[centre])))
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=LINE_ALPHA, width=width)


def _draw_panels(
    canvas: PIL.Image.Image, faces: Sequence[Face], bars: Sequence[Bars], letters: int
) -> None:
    """Draw the bars of each face where there is room, the largest face first."""
    taken = {place: face.box for place, face in enumerate(faces)}
    others = [_tag_of(face, canvas.size, letters) for face in faces if face.track is not None]
    small = panel_letters(letters, len(faces))
    for number in sorted(taken, key=lambda place: -_area(taken[place])):
        around = [*(box for place, box in taken.items() if place != number), *others]
        if not bars[number]:
            continue
        panel = place_panel(canvas.size, taken[number], around, len(bars[number]), small)
        if panel is not None:
            draw_panel(canvas, panel, bars[number], colour_of(faces[number].track), small)
            others.append(panel.box)


def _area(box: Float32) -> float:
    return float((box[2:] - box[:2]).prod())


def _tag_of(face: Face, size: tuple[int, int], letters: int) -> Float32:
    """Box of a face's track number: x0, y0, x1, y1."""
    across = font_of(letters).getbbox(str(face.track))[2] + letters * 0.7
    down = letters * 1.3
    left, top = face.box[:2].tolist()
    x = min(max(left, 0), size[0] - across)
    y = top - down if top >= down else max(top, 0)
    return np.array([x, y, x + across, y + down], np.float32)


def _draw_box(canvas: PIL.Image.Image, face: Face, letters: int) -> None:
    """Draw the box of a face with its track number, into the picture itself."""
    pen = ImageDraw.Draw(canvas)
    colour = colour_of(face.track)
    width = max(1, round(letters / 9))
    pen.rectangle(face.box.tolist(), outline=colour, width=width)
    if face.track is None:
        return
    tag = _tag_of(face, canvas.size, letters)
    middle = ((tag[:2] + tag[2:]) / 2).tolist()
    pen.rectangle(tag.tolist(), fill=colour)
    pen.text(middle, str(face.track), fill=TAG, font=font_of(letters), anchor="mm")
