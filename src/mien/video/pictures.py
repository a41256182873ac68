"""A picture file as an upright RGB array."""

import warnings
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import PIL.Image
from PIL import ImageOps, UnidentifiedImageError

from mien.errors import MissingExtra, UnreadableSource
from mien.values import Image
from mien.video.depth import bits_of, deep_colours, is_deep_colour, to_bytes
from mien.video.sources import BARE_JPEGS, check_file

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ORIENTATION", "is_picture", "is_preview", "read_first", "read_picture"]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF")
SEVERAL = frozenset({"PNG", "WEBP", "TIFF", "GIF", "AVIF"})
"""Formats that may hold several frames. A JPEG of a phone may too, but they are its previews."""
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
DARKEST = 15
"""Upper 8 of 16 bits under which a picture may be one of 12 bits."""
ORIENTATION = 0x0112
"""Number of the EXIF tag."""
SUBFILE = 0x00FE
"""Number of the TIFF tag that says what a picture is to the others in its file."""
REDUCED = 1
"""Bit of it: a copy of another, in fewer pixels."""
BACKGROUND = (255, 255, 255)
"""Shows through where a picture is transparent: white, as on paper and in most viewers."""


def is_picture(path: Path) -> bool:
    """Whether the content of a file is that of a picture, whatever its name.

    JPEGs one after the other, without a container, are a video; their name alone says so.

    Raises:
        UnreadableSource: the file cannot be opened.
    """
    if _is_heic(path):
        return True
    with _no_warnings():
        try:
            with PIL.Image.open(path, formats=FORMATS) as picture:
                return picture.format != "JPEG" or path.suffix.lower() not in BARE_JPEGS
        except UnidentifiedImageError:
            return False
        except PIL.Image.DecompressionBombError:
            return True
        except Exception:  # noqa: BLE001 - a damaged header raises whatever the plugin stumbles on
            return False


def read_picture(path: str | Path) -> Image:
    """Read a picture: JPEG, PNG, WebP, BMP, TIFF, GIF (its first frame), AVIF; HEIC with an extra.

    It is turned upright by its EXIF orientation. What is transparent becomes white. Grey, palette
    and CMYK become RGB. 16 bits become 8 by scaling. Cameras put 8, 10 or 12 bits into
    16: where no value is beyond 255, 1023 or 4095, or a TIFF says 12 bits, that is the full scale.

    Returns:
        uint8 (h, w, 3), RGB.

    Raises:
        UnreadableSource: the file is missing, damaged, too large, or no picture.
        MissingExtra: it is HEIC, and pi_heif is not installed.
    """
    return read_first(path)[0]


def read_first(path: str | Path) -> tuple[Image, int]:
    """Read a picture like `read_picture`, and tell how many frames its file holds."""
    path = Path(path)
    heic = _is_heic(path)
    with _no_warnings():
        try:
            with _open_heic(path) if heic else PIL.Image.open(path, formats=FORMATS) as picture:
                deep = is_deep_colour(picture)
                turn = getattr(picture, "tag_v2", {}).get(ORIENTATION)  # a TIFF forgets it
                picture.load()
                image = _to_rgb(_upright(picture), bits_of(picture))
                if deep and image.max() <= DARKEST:
                    image = _from_all_bits(path, turn or _orientation(picture), image)
                return image, _frames(picture)
        except UnidentifiedImageError as error:
            raise UnreadableSource(
                f"{path.name} is not a picture that can be read; "
                "expected JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC"
            ) from error
        except PIL.Image.DecompressionBombError as error:
            raise UnreadableSource(
                f"{path.name} has too many pixels; expected fewer than "
                f"{2 * (PIL.Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million: scale it down"
            ) from error
        except (MissingExtra, UnreadableSource):
            raise
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnreadableSource(
                f"{path.name} is damaged or incomplete and cannot be read as a picture: {reason}"
            ) from error


@contextmanager
def _no_warnings() -> "Iterator[None]":
    """Pillow's warnings (odd EXIF, large picture) are no news to whoever reads the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_heic(path: Path) -> bool:
    """Whether a file starts as HEIC files do."""
    check_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be opened: {error.strerror}") from error
    brands = {head[8:12], *(head[start : start + 4] for start in range(16, 32, 4))}
    avif = head[8:12] in (b"avif", b"avis")
    return head[4:8] == b"ftyp" and not avif and bool(brands & HEIC_BRANDS)


def _open_heic(path: Path) -> PIL.Image.Image:
    """A HEIC file as a Pillow picture."""
    try:
        heif = import_module("pi_heif")
    except ImportError as error:
        raise MissingExtra("pi_heif", "heic", f"read the HEIC picture {path.name}") from error
    return cast(PIL.Image.Image, heif.open_heif(path, convert_hdr_to_8bit=True).to_pillow())


def is_preview(path: Path) -> bool:
    """Whether a picture says of itself that it is but the small copy of another in its file.

    So do raw files of many cameras, which are TIFFs with a preview before the picture itself.

    Raises:
        UnreadableSource: the file cannot be opened.
    """
    if _is_heic(path):
        return False
    with _no_warnings(), suppress(Exception), PIL.Image.open(path, formats=("TIFF",)) as picture:
        return bool(int(getattr(picture, "tag_v2", {}).get(SUBFILE, 0)) & REDUCED)
    return False


def _orientation(picture: PIL.Image.Image) -> int:
    """How a picture is to be turned, by EXIF; 1 is not at all."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block does not make the pixels unreadable
        return 1


def _from_all_bits(path: Path, turn: int, image: Image) -> Image:
    """The picture anew from all 16 bits of its colours, or as it was."""
    colours = deep_colours(path)
    if colours is None:
        return image
    turned = PIL.Image.fromarray(colours)
    turned.getexif()[ORIENTATION] = turn
    return np.array(_upright(turned))


def _frames(picture: PIL.Image.Image) -> int:
    """Frames in the file of an opened picture."""
    if picture.format not in SEVERAL:
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except Exception:  # noqa: BLE001 - damage beyond the first frame raises whatever it likes
        return 1


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Turned and mirrored as its EXIF orientation says; as it is if the EXIF block is damaged."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - a broken EXIF block does not make the pixels unreadable
        return picture


def _to_rgb(picture: PIL.Image.Image, bits: int) -> Image:
    """Any mode of Pillow as RGB over the background."""
    if picture.mode.startswith(("I", "F")):
        grey = to_bytes(np.asarray(picture), bits)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        picture = PIL.Image.new("RGBA", layer.size, (*BACKGROUND, 255))
        picture.alpha_composite(layer)
    return np.array(picture.convert("RGB"))
