from fractions import Fraction

import av
import numpy as np
import pytest

from mien.video.reader import open_source
from tests.video.numbered import number_in, picture, write_clip


def read(path):
    """Numbers in the pictures, and the source."""
    with open_source(path) as source:
        return [number_in(frame.image) for frame in source], source


@pytest.mark.parametrize("pixels", ["yuv420p10le", "gray", "yuva420p"])
def test_other_pixel_formats_become_rgb(tmp_path, pixels):
    with av.open(str(tmp_path / "clip.mkv"), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, pixels
        output.mux(stream.encode(av.VideoFrame.from_ndarray(picture(99))))
        output.mux(stream.encode())
    assert read(tmp_path / "clip.mkv")[0] == [99]


CORNERS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "white": (235,) * 3}


def corners(image: np.ndarray) -> str:
    """Initials of the colours at the corners, row by row."""
    places = [(8, 8), (8, -8), (-8, 8), (-8, -8)]
    pixels = [image[place].astype(int) for place in places]
    return "".join(
        min(CORNERS, key=lambda name, p=pixel: np.abs(p - CORNERS[name]).sum())[0]
        for pixel in pixels
    )


@pytest.mark.parametrize(
    ("rotation", "shown"),
    [
        (None, "rgbw"),
        ((90,), "gwrb"),  # counterclockwise: what was right is now on top
        ((-90,), "brwg"),
        ((180,), "wbgr"),
        ((0, True, False), "grwb"),
        ((0, False, True), "bwrg"),
        ((90, False, True), "rbgw"),
    ],
)
def test_rotation_and_mirroring_of_the_container_are_honoured(tmp_path, rotation, shown):
    image = np.zeros((64, 96, 3), np.uint8)
    image[:32, :48], image[:32, 48:] = CORNERS["red"], CORNERS["green"]
    image[32:, :48], image[32:, 48:] = CORNERS["blue"], CORNERS["white"]
    clip = write_clip(
        tmp_path / "clip.mp4", 2, size=(96, 64), images=[image] * 2, rotation=rotation
    )
    with open_source(clip) as source:
        frame = next(iter(source))
        lying = rotation is not None and abs(rotation[0]) == 90
        assert source.size == ((64, 96) if lying else (96, 64))
    assert frame.image.shape[1::-1] == source.size
    assert corners(frame.image) == shown
    assert frame.image.flags.c_contiguous


def test_odd_sizes_are_read_as_they_are(tmp_path):
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 131, 67, "yuv444p"
        frame = av.VideoFrame.from_ndarray(picture(77, 131, 67))
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    numbers, source = read(path)
    assert numbers == [77]
    assert source.size == (131, 67)


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(3, 2)
        for number in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture(number))))
        output.mux(stream.encode())
    numbers, source = read(path)
    assert source.size == (192, 64)
    assert numbers == [0, 1, 2]


def test_a_change_of_size_within_the_stream_keeps_the_first_size(tmp_path):
    small = write_clip(tmp_path / "a.h264", 3, size=(128, 64))
    large = write_clip(tmp_path / "b.h264", 3, size=(256, 128))
    joined = tmp_path / "both.h264"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    with open_source(joined) as source:
        frames = list(source)
    assert [frame.image.shape for frame in frames] == [(64, 128, 3)] * 6
    assert [number_in(frame.image) for frame in frames] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(("aspect", "shown"), [(1, (128, 64)), (Fraction(3, 2), (192, 64))])
def test_a_change_of_shape_within_the_stream_distorts_nothing(tmp_path, aspect, shown):
    down, across = np.ogrid[-64:64, -32:32]
    disc = np.hypot(down, across * float(aspect)) < 24
    wide, high = tmp_path / "a.ts", tmp_path / "b.ts"
    for path, image, times in (
        (wide, picture(5), [0.0, 0.04]),
        (high, np.repeat(255 * disc[..., None], 3, axis=2).astype(np.uint8), [0.08, 0.12]),
    ):
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=25)
            stream.height, stream.width = image.shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.sample_aspect_ratio = Fraction(aspect)
            for time in times:
                frame = av.VideoFrame.from_ndarray(image)
                frame.pts, frame.time_base = round(time * 25), Fraction(1, 25)
                output.mux(stream.encode(frame))
            output.mux(stream.encode())
    joined = tmp_path / "both.ts"
    joined.write_bytes(wide.read_bytes() + high.read_bytes())
    with open_source(joined) as source:
        frames = list(source)
    assert [frame.image.shape for frame in frames] == [(*shown[::-1], 3)] * 4
    assert number_in(frames[1].image) == 5
    y, x = np.nonzero(frames[2].image.mean(axis=2) > 127)
    assert (x.mean(), y.mean()) == pytest.approx(((shown[0] - 1) / 2, 31.5), abs=1)
    assert np.ptp(x) == pytest.approx(24, abs=2)
    assert np.ptp(y) == pytest.approx(24, abs=2)
    assert frames[2].image[:, 0].max() < 10
    assert source.notes == [
        "from 0.08 s on the pictures are 64x128, not 128x64: they are fitted into the size of the "
        "first"
    ]


@pytest.mark.parametrize("colorspace", [("itu709", 1), ("itu601", 6)])
def test_colours_follow_the_matrix_that_the_file_names(tmp_path, colorspace):
    path = tmp_path / "red.mkv"
    name, number = colorspace
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.colorspace = number
        red = av.VideoFrame.from_ndarray(np.full((64, 64, 3), (200, 50, 20), np.uint8))
        output.mux(stream.encode(red.reformat(format="yuv420p", dst_colorspace=name)))
        output.mux(stream.encode())
    with open_source(path) as source:
        frame = next(iter(source))
    assert frame.image[32, 32].tolist() == pytest.approx([200, 50, 20], abs=4)
