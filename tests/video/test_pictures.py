import struct
import subprocess
import sys
import zlib

import numpy as np
import PIL.Image
import pytest

from mien.errors import MissingExtra, UnreadableSource
from mien.video import pictures
from mien.video.pictures import is_picture, read_first, read_picture
from mien.video.reader import open_source
from mien.video.writer import write_picture
from tests.video.heic import write_heic
from tests.video.numbered import number_in, picture


def blocks() -> np.ndarray:
    """A picture without a symmetry: each quarter has its own colour."""
    image = np.zeros((32, 48, 3), np.uint8)
    image[:16, :24], image[:16, 24:] = (220, 20, 20), (20, 200, 20)
    image[16:, :24], image[16:, 24:] = (20, 20, 220), (235, 235, 235)
    return image


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "jpg", "gif", "avif"])
def test_the_usual_formats_are_read(tmp_path, suffix):
    path = tmp_path / f"photo.{suffix}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95}}.get(suffix, {})
    PIL.Image.fromarray(blocks()).save(path, **options)
    image = read_picture(path)
    assert (image.dtype, image.shape) == (np.uint8, (32, 48, 3))
    assert np.abs(image[4:-4, 4:-4].astype(int) - blocks()[4:-4, 4:-4]).mean() < 5
    assert is_picture(path)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_exif_orientation_turns_the_picture_upright(tmp_path, orientation, suffix):
    # What the standard says of row 0 and column 0 of the stored picture, undone by hand.
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](blocks())
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{suffix}"
    options = {"webp": {"lossless": True}, "jpg": {"quality": 95, "subsampling": 0}}
    PIL.Image.fromarray(np.ascontiguousarray(stored)).save(
        path, exif=exif, **options.get(suffix, {})
    )
    image = read_picture(path)
    assert image.shape == (32, 48, 3)
    assert np.abs(image.astype(int) - blocks()).mean() < 6


def test_what_is_transparent_becomes_white(tmp_path):
    layer = np.zeros((4, 4, 4), np.uint8)
    layer[..., 0], layer[:, 2:, 3], layer[0, 2, 3] = 200, 255, 128
    PIL.Image.fromarray(layer).save(tmp_path / "a.png")
    image = read_picture(tmp_path / "a.png")
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[1, 3].tolist() == [200, 0, 0]
    assert image[0, 2].tolist() == pytest.approx([227, 127, 127], abs=1)


def test_a_transparent_palette_and_grey_with_alpha_become_white_too(tmp_path):
    palette = PIL.Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putdata([0, 1])
    palette.save(tmp_path / "p.png", transparency=0)
    palette.save(tmp_path / "bytes.png", transparency=b"\x00\xff")
    palette.save(tmp_path / "p.gif", transparency=0)
    for name in ("p.png", "bytes.png", "p.gif"):
        assert read_picture(tmp_path / name)[0].tolist() == [[255, 255, 255], [200, 100, 50]]
    PIL.Image.fromarray(np.array([[[7, 0], [9, 255]]], np.uint8), "LA").save(tmp_path / "la.png")
    assert read_picture(tmp_path / "la.png")[0].tolist() == [[255] * 3, [9] * 3]


def test_grey_and_one_bit_become_rgb(tmp_path):
    PIL.Image.fromarray(np.array([[0, 77, 255]], np.uint8)).save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png")[0].tolist() == [[0] * 3, [77] * 3, [255] * 3]
    PIL.Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "bit.png")
    assert read_picture(tmp_path / "bit.png")[0].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_grey_of_16_bits_is_scaled_not_clipped(tmp_path, suffix):
    path = tmp_path / f"deep.{suffix}"
    PIL.Image.fromarray(np.array([[0, 257, 25700, 65535]], np.uint16)).save(path)
    assert read_picture(path)[0, :, 0].tolist() == [0, 1, 100, 255]


def test_a_dark_picture_of_16_bits_stays_dark(tmp_path):
    PIL.Image.fromarray(np.array([[0, 257, 4112]], np.uint16)).save(tmp_path / "dark.png")
    assert read_picture(tmp_path / "dark.png")[0, :, 0].tolist() == [0, 1, 16]


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_a_picture_that_uses_fewer_bits_of_its_16_is_as_bright_as_it_was(tmp_path, suffix, bits):
    full = 2**bits - 1
    values = np.array([[0, full // 3, full]], np.uint16)
    PIL.Image.fromarray(values).save(tmp_path / f"few.{suffix}")
    assert read_picture(tmp_path / f"few.{suffix}")[0, :, 0].tolist() == [0, 85, 255]


def test_a_dark_picture_of_12_bits_by_its_header_stays_dark(tmp_path):
    # Two values of 12 bits, 273 and 1000, packed into three bytes.
    entries = [(256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (273, 122), (277, 1), (278, 1)]
    entries.append((279, 3))
    body = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + body + bytes(4)
    data = head + bytes(122 - len(head)) + bytes([0x11, 0x13, 0xE8])
    (tmp_path / "dark.tiff").write_bytes(data)
    assert read_picture(tmp_path / "dark.tiff")[0, :, 0].tolist() == [17, 62]


def write_deep_png(path, values):
    """RGB of 16 bits, which Pillow does not write."""
    height, width = values.shape[:2]

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    data = b"\x89PNG\r\n\x1a\n"
    data += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    data += chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    path.write_bytes(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_deep_tiff(path, values):
    """RGB of 16 bits, turned as the PNG is."""
    height, width = values.shape[:2]
    entries = [(256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, 134), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 2), (273, 3, 1, 140), (274, 3, 1, 6), (277, 3, 1, 3)]
    entries += [(278, 3, 1, height), (279, 4, 1, 6 * width * height)]
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + body + bytes(4)
    data = head + struct.pack("<3H", 16, 16, 16)
    path.write_bytes(data + values.astype("<u2").tobytes())


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_colour_of_16_bits_is_as_bright_as_its_bits_say(tmp_path, suffix, bits):
    full = 2**bits - 1
    shares = np.array([[[1, 0.4, 0], [0, 0.5, 1]]])  # lies on its side, upright it is two high
    path = tmp_path / f"deep.{suffix}"
    (write_deep_png if suffix == "png" else write_deep_tiff)(path, np.rint(shares * full))
    image = read_picture(path)
    assert image.shape == (2, 1, 3)
    assert np.abs(image[:, 0] - [[255, 102, 0], [0, 127.5, 255]]).max() <= 1.5


def test_deep_colour_that_only_pillow_reads_is_kept_as_it_is(tmp_path, monkeypatch):
    write_deep_png(tmp_path / "deep.png", np.full((1, 1, 3), 4095))
    monkeypatch.setattr(pictures, "deep_colours", lambda _: None)
    assert read_picture(tmp_path / "deep.png")[0, 0].tolist() == [15] * 3


def test_fractions_and_whole_numbers_of_32_bits_are_scaled(tmp_path):
    values = np.array([[0.0, 0.5, 1.0, np.nan]], np.float32)
    PIL.Image.fromarray(values).save(tmp_path / "f.tiff")
    assert read_picture(tmp_path / "f.tiff")[0, :, 0].tolist() == [0, 128, 255, 0]
    PIL.Image.fromarray(np.array([[0, 50_000, 100_000]], np.int32)).save(tmp_path / "i.tiff")
    assert read_picture(tmp_path / "i.tiff")[0, :, 0].tolist() == [0, 128, 255]


def test_cmyk_becomes_rgb(tmp_path):
    PIL.Image.fromarray(blocks()).convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    image = read_picture(tmp_path / "print.jpg")
    assert np.abs(image.astype(int) - blocks()).mean() < 8


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [PIL.Image.fromarray(picture(number)) for number in (3, 4)]
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"moving.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        assert number_in(read_picture(path)) == 3
        assert read_first(path)[1] == 2


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif", "tiff"])
def test_frames_that_are_not_read_are_counted_and_said(tmp_path, suffix):
    frames = [PIL.Image.fromarray(picture(number)) for number in (3, 4, 5)]
    path = tmp_path / f"moving.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with open_source(path) as source:
        assert [number_in(frame.image) for frame in source] == [3]
    assert source.frames_in_container == 3
    [note] = source.notes
    assert note.startswith("only the first of its 3 frames is read")
    frames[0].save(path)
    with open_source(path) as source:
        assert (source.frames_in_container, source.notes) == (1, [])


@pytest.mark.parametrize("said", [0, 1, 2])
def test_the_preview_in_a_raw_file_is_told_from_a_picture(tmp_path, said):
    path = tmp_path / "a.nef"
    PIL.Image.fromarray(picture(5)).save(path, "TIFF", tiffinfo={254: said})
    with open_source(path) as source:
        assert [number_in(frame.image) for frame in source] == [5]
    wanted = ["only a preview of 128x64 is read"] * (said == 1)
    assert [note.split(",")[0] for note in source.notes] == wanted


def test_damage_behind_the_first_frame_does_not_matter(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (3, 64, 64), dtype=np.uint8)
    frames = [PIL.Image.fromarray(values) for values in noise]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    image, count = read_first(path)
    assert image.shape == (64, 64, 3)
    assert 1 <= count <= 3


def test_the_first_of_several_pictures_of_a_phone_is_taken(tmp_path):
    frames = [PIL.Image.fromarray(picture(number)) for number in (3, 4)]
    frames[0].save(tmp_path / "burst.jpg", format="MPO", save_all=True, append_images=frames[1:])
    with PIL.Image.open(tmp_path / "burst.jpg") as opened:
        assert opened.format == "MPO"
    assert read_first(tmp_path / "burst.jpg")[1] == 1
    assert number_in(read_picture(tmp_path / "burst.jpg")) == 3


def test_a_picture_opens_in_a_process_that_opened_none_before(tmp_path):
    path = tmp_path / "photo.png"
    PIL.Image.fromarray(picture(3)).save(path)
    code = f"from mien.video.pictures import read_picture; read_picture({str(path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("size", [(1, 1), (20000, 10), (10, 20000)])
def test_extreme_sizes_are_read(tmp_path, size):
    PIL.Image.new("RGB", size, (1, 2, 3)).save(tmp_path / "p.png")
    image = read_picture(tmp_path / "p.png")
    assert image.shape == (size[1], size[0], 3)
    assert image[0, 0].tolist() == [1, 2, 3]


def test_a_large_picture_gives_no_warning(tmp_path, monkeypatch):
    PIL.Image.new("RGB", (40, 30)).save(tmp_path / "p.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 1000)
    assert read_picture(tmp_path / "p.png").shape == (30, 40, 3)


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    PIL.Image.new("RGB", (60, 60)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 1000)
    assert is_picture(tmp_path / "bomb.png")
    with pytest.raises(UnreadableSource, match=r"bomb\.png has too many pixels.*scale it down"):
        read_picture(tmp_path / "bomb.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "gif", "bmp"])
def test_a_truncated_picture_is_an_error_not_a_grey_patch(tmp_path, suffix):
    path = tmp_path / f"cut.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(UnreadableSource, match="cut") as caught:
        read_picture(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_exif_block_does_not_matter(tmp_path):
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 3
    PIL.Image.fromarray(blocks()).save(tmp_path / "p.jpg", exif=exif)
    assert read_picture(tmp_path / "p.jpg").shape == (32, 48, 3)


def test_what_is_no_picture_is_refused_with_the_formats(tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    assert not is_picture(tmp_path / "notes.jpg")
    with pytest.raises(UnreadableSource, match="expected JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF"):
        read_picture(tmp_path / "notes.jpg")
    with pytest.raises(UnreadableSource, match=r"none\.jpg cannot be opened: No such file"):
        read_picture(tmp_path / "none.jpg")


def test_heic_is_read_with_its_extra(tmp_path):
    pytest.importorskip("pi_heif")
    image = np.kron(picture(0)[:4, :6, :1] * 0 + [[[1]]], np.ones((16, 16, 3), np.uint8))
    image[:32] *= 200
    image[32:] = (40, 90, 160)
    path = write_heic(tmp_path / "phone.heic", image.astype(np.uint8))
    assert is_picture(path)
    read = read_picture(path)
    assert read.shape == (64, 96, 3)
    assert read[10, 10].tolist() == pytest.approx([200] * 3, abs=8)
    assert read[50, 10].tolist() == pytest.approx([40, 90, 160], abs=12)


def test_heic_without_its_extra_names_it(tmp_path, monkeypatch):
    path = write_heic(tmp_path / "phone.heic", picture(3))
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(MissingExtra, match=r"read the HEIC picture phone\.heic.*mien\[heic\]"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp"])
def test_a_written_picture_is_the_same_picture(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    write_picture(path, blocks())
    tolerance = 0 if suffix == ".png" else 4
    assert np.abs(read_picture(path).astype(int) - blocks()).mean() <= tolerance
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
