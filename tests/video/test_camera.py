import sys
import threading

import av
import pytest

from mien.errors import UnreadableSource
from mien.video import camera
from mien.video.camera import Camera, Device, open_camera
from mien.video.reader import Source, open_source

PATIENCE = 20.0
MANY = 10_000


class Stepped(Device):
    """A camera that is a test picture drawn by the video library; a test lets its frames out."""

    def __init__(self, source: str = "testsrc=size=64x48:rate=50", ready: int = 1) -> None:
        super().__init__(av.open(source, format="lavfi"))
        self._ready = threading.Semaphore(ready)

    def let(self, count: int) -> None:
        """Let so many more frames out."""
        self._ready.release(count)

    def shots(self):
        for shot in super().shots():
            assert self._ready.acquire(timeout=PATIENCE)
            yield shot


def threads():
    return [thread.name for thread in threading.enumerate()]


def test_a_slow_reader_gets_the_newest_frame_and_the_late_ones_are_counted():
    device = Stepped("testsrc=size=64x48:rate=50:duration=0.5,setpts=PTS+7/TB")
    camera = Camera("camera:test", device)
    with Source(camera, None, None, None) as source:
        assert (source.kind, source.size, source.duration) == ("camera", (64, 48), None)
        frames = iter(source)
        first = next(frames)
        device.let(24)
        camera._newest._thread.join(PATIENCE)
        (last,) = frames
    assert (first.index, first.time) == (0, 0.0)
    assert (last.index, last.time) == (24, pytest.approx(0.48))
    assert source.counts.dropped == {"late": 23}
    assert source.counts.yielded == source.counts.decoded == 2
    assert not source.notes


def test_a_camera_ends_at_the_end_that_was_asked_for():
    device, times = Stepped(), []
    with Source(Camera("camera:test", device), None, 0.2, None) as source:
        for frame in source:
            times.append(frame.time)
            device.let(1)
        device.let(MANY)
    assert times == pytest.approx([index / 50 for index in range(10)])
    assert "mien-newest" not in threads()


def test_closing_a_camera_ends_its_thread():
    endless = Camera("camera:test", Stepped(ready=MANY))
    next(iter(endless.shots()))
    endless.close()
    assert "mien-newest" not in threads()
    assert list(endless.shots()) == []


def test_a_camera_without_frames_is_refused():
    with pytest.raises(UnreadableSource, match="camera:test delivers no frame"):
        Camera("camera:test", Stepped("testsrc=size=64x48:rate=50:duration=0"))


def test_a_camera_that_falls_silent_is_given_up(monkeypatch):
    device = Stepped()
    silent = Camera("camera:test", device)
    shots = silent.shots()
    next(shots)
    monkeypatch.setattr(camera, "PATIENCE", 0.0)
    assert next(shots, None) is None
    assert silent.notes == ["the camera stopped: no frame came for 0 s"]
    device.let(MANY)
    silent.close()


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux")
@pytest.mark.parametrize("name", ["camera:97", "camera:/dev/none"])
def test_a_camera_that_is_not_there_is_refused(name):
    with pytest.raises(UnreadableSource, match=rf"{name} cannot be opened .*camera:0 is the first"):
        open_source(name)


def test_a_system_without_cameras_says_so(monkeypatch):
    monkeypatch.setattr(camera.sys, "platform", "emscripten")
    with pytest.raises(UnreadableSource, match="cameras are not read on emscripten"):
        open_camera("camera:0")


@pytest.mark.parametrize(
    ("which", "system", "device"),
    [
        ("1", "v4l2", ("/dev/video1", {})),
        ("/dev/video3", "v4l2", ("/dev/video3", {})),
        ("0", "avfoundation", ("0", {"framerate": "30"})),
        ("Front", "dshow", ("video=Front", {})),
        ("1", "dshow", ("video=Second", {})),
    ],
)
def test_each_system_names_its_cameras_in_its_way(monkeypatch, which, system, device):
    names = ["First", "Second"]
    found = [av.device.DeviceInfo(name, name, False, ["video"]) for name in names]
    found.append(av.device.DeviceInfo("Microphone", "", False, ["audio"]))
    monkeypatch.setattr(camera.av.device, "enumerate_input_devices", lambda _: found)
    assert camera._device(which, system) == device
    with pytest.raises(UnreadableSource, match="camera:2 does not exist; connected: First, Second"):
        camera._device("2", "dshow")
