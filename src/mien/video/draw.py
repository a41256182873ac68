"""Faces drawn on a picture: mesh, box with track number, a bar for each action unit."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.errors import InputError
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
from mien.video.palette import Colour, colour_of, font_of, letter_size
from mien.video.panel import Bars, draw_panel, place_panel

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

SKIN_POINTS = 468

MESH_COLOUR: Colour = (110, 255, 220)
TAG_TEXT: Colour = (10, 14, 20)
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
        bars: for each face its labels and values 0-5, best strongest first: as many are drawn as
            there is room for. Empty for no bars at all.

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
    boxes = [face.box for face in faces]
    for face, its_bars in zip(faces, bars or [()] * len(faces), strict=True):
        if its_bars:
            place = place_panel(canvas.size, face.box, boxes, len(its_bars), letters)
            draw_panel(canvas, place, its_bars, colour_of(face.track), letters)
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
    for x, y in points[:SKIN_POINTS].tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=POINT_ALPHA)
    width = max(1, round(thickness * 0.75))
    for contour in CONTOURS:
        pen.line(points[list(contour)].ravel().tolist(), LINE_ALPHA, width, joint="curve")
    for centre, edge in IRISES:
        x, y = points[centre].tolist()
        reach = float(np.hypot(*(points[edge] - points[centre])))
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=LINE_ALPHA, width=width)


def _draw_box(canvas: PIL.Image.Image, face: Face, letters: int) -> None:
    """Draw the box of a face with its track number, into the picture itself."""
    pen = ImageDraw.Draw(canvas)
    colour = colour_of(face.track)
    x0, y0, x1, y1 = face.box.tolist()
    width = max(1, round(letters / 9))
    pen.rectangle((x0, y0, x1, y1), outline=colour, width=width)
    if face.track is None:
        return
    font, text = font_of(letters), str(face.track)
    across, down = font.getbbox(text)[2] + letters * 0.7, letters * 1.3
    x = min(max(x0, 0), canvas.width - across)
    y = y0 - down if y0 >= down else max(y0, 0)
    pen.rectangle((x, y, x + across, y + down), fill=colour)
    pen.text((x + across / 2, y + down / 2), text, fill=TAG_TEXT, font=font, anchor="mm")
