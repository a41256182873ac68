"""The picture of a live window: the frame with its faces, and beside it what each face shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import PIL.Image
from PIL import ImageDraw

from mien.values import Face, Float32, Image, check_image
from mien.video.cards import Card, card_least, draw_card, fitted
from mien.video.draw import draw_faces
from mien.video.palette import BRIGHT, GROOVE, WINDOW, font_of
from mien.video.panel import highest

__all__ = ["Status", "dashboard_size", "draw_dashboard"]

FAINT = (150, 159, 170)
ALARM = (255, 183, 77)

SMALLEST = (480, 270)
"""Width and height of a window that still shows something."""
HEIGHTS = (480, 720)
"""Least and most height of a window until its user changes it; between them frames are shown as
they are, which costs least."""
SIDE_LETTERS = 25.0
"""Width of the column beside the frame over the height of its letters."""
MOST_SIDE = 0.45
"""Share of the width that the column takes at most."""
LETTERS = 0.0217
"""Height of the letters over that of the window."""
FEWEST_LETTERS = 10


@dataclass(frozen=True)
class Status:
    """What is said of the run as a whole."""

    rate: float | None = None
    """Frames that are read, a second."""
    delay: float | None = None
    """Seconds from the moment a frame was there to the moment it was shown."""
    dropped: int = 0
    """Frames that were passed over for newer ones."""
    notice: str = ""
    """Something that the user should know now."""


def dashboard_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a window for frames of this width and height."""
    height = min(max(size[1], HEIGHTS[0]), HEIGHTS[1])
    return max(round(height * size[0] / size[1]), height // 2) + _side(height), height


def draw_dashboard(
    image: Image,
    faces: Sequence[Face],
    cards: Sequence[Card],
    status: Status,
    size: tuple[int, int] | None = None,
) -> Image:
    """Draw a frame with mesh, box and number of each face, and a card for each beside it.

    Where there is no room for all cards those of the largest faces are drawn, and how many are
    missing; on a card without room for all units, the strongest.

    Args:
        image: uint8 (h, w, 3), RGB.
        faces: in pixels of the image.
        cards: one for each face.
        status: of the run.
        size: width and height of the picture to be; None: as `dashboard_size`.

    Returns:
        uint8 (h, w, 3), RGB.
    """
    check_image(image)
    wide, high = size or dashboard_size((image.shape[1], image.shape[0]))
    wide, high = max(wide, SMALLEST[0]), max(high, SMALLEST[1])
    side = min(_side(high), int(MOST_SIDE * wide))
    canvas = PIL.Image.new("RGB", (wide, high), WINDOW)
    _draw_frame(canvas, image, faces, (wide - side, high))
    _draw_column(canvas, faces, cards, status, wide - side)
    return np.array(canvas)


def _letters(height: int) -> int:
    """Height of the letters in a window of this height."""
    return max(FEWEST_LETTERS, round(LETTERS * height))


def _side(height: int) -> int:
    """Width of the column in a window of this height."""
    return round(SIDE_LETTERS * _letters(height))


def _draw_frame(
    canvas: PIL.Image.Image, image: Image, faces: Sequence[Face], room: tuple[int, int]
) -> None:
    """Draw the frame as large as it fits, in the middle of its room."""
    high, wide = image.shape[:2]
    scale = min(room[0] / wide, room[1] / high)
    shown = max(1, round(wide * scale)), max(1, round(high * scale))
    if shown != (wide, high):
        picture = PIL.Image.fromarray(image).resize(shown, PIL.Image.Resampling.BILINEAR)
        image = np.asarray(picture)
    drawn = draw_faces(image, [_scaled(face, scale) for face in faces])
    corner = ((room[0] - shown[0]) // 2, (room[1] - shown[1]) // 2)
    canvas.paste(PIL.Image.fromarray(drawn), corner)


def _scaled(face: Face, scale: float) -> Face:
    """The face in a picture made larger or smaller; the centre of the first pixel is (0, 0)."""

    def moved(points: Float32) -> Float32:
        return np.asarray((points + 0.5) * scale - 0.5, np.float32)

    mesh = None if face.mesh is None else moved(face.mesh)
    return replace(face, box=moved(face.box), mesh=mesh)


def _draw_column(
    canvas: PIL.Image.Image,
    faces: Sequence[Face],
    cards: Sequence[Card],
    status: Status,
    left: int,
) -> None:
    """Draw the status and the cards."""
    letters = _letters(canvas.height)
    pen = ImageDraw.Draw(canvas)
    top = _draw_status(pen, status, (left, canvas.width), letters)
    room = canvas.height - top - letters
    if not cards:
        text = "no face" if not status.notice else ""
        pen.text((left + letters, top + letters), text, fill=FAINT, font=font_of(letters))
        return
    most = max(1, (room - 2 * letters) // card_least(letters))
    shown = _largest(faces, min(most, len(cards)))
    if missing := len(cards) - len(shown):
        room -= 2 * letters
        text = f"and {missing} more face{'s' * (missing > 1)}"
        corner = (left + letters, canvas.height - 1.5 * letters)
        pen.text(corner, text, fill=FAINT, font=font_of(letters), anchor="lm")
    each = room // len(shown)
    for place, number in enumerate(shown):
        box = (left, top + place * each, canvas.width, top + (place + 1) * each - letters // 2)
        draw_card(pen, box, cards[number], letters)


def _largest(faces: Sequence[Face], count: int) -> list[int]:
    """Places of the largest faces, in the order in which they came."""
    return highest([float((face.box[2:] - face.box[:2]).prod()) for face in faces], count)


def _draw_status(
    pen: ImageDraw.ImageDraw, status: Status, span: tuple[int, int], letters: int
) -> int:
    """Draw the figures of the run and the notice; gives the height below them."""
    left, right = span[0] + letters, span[1] - letters
    figures = (
        ("-" if status.rate is None else f"{status.rate:.0f}", "frames/s"),
        ("-" if status.delay is None else f"{1000 * status.delay:.0f} ms", "delay"),
        (f"{status.dropped}", "dropped"),
    )
    for place, (value, meaning) in enumerate(figures):
        x = left + place * (right - left) / len(figures)
        pen.text((x, letters), value, fill=BRIGHT, font=font_of(round(1.35 * letters)))
        pen.text((x, 2.7 * letters), meaning, fill=FAINT, font=font_of(round(0.9 * letters)))
    y = round(4.3 * letters)
    pen.line((left, y, right, y), fill=GROOVE)
    if not status.notice:
        return y + letters // 2
    text = fitted(pen, status.notice, font_of(letters), right - left)
    pen.text((left, y + 1.2 * letters), text, fill=ALARM, font=font_of(letters), anchor="lm")
    return round(y + 2.4 * letters)
