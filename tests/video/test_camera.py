import sys
import threading
import time

import av
import pytest

from mien.errors import UnreadableSource
from mien.video import camera
from mien.video.camera import Camera, Device, open_camera
from mien.video.reader import Source, open_source


def fake(source: str) -> Camera:
    """A camera that is a test picture drawn by the video library, at its own pace."""
    return Camera("camera:test", Device(av.open(source, format="lavfi")))


LIVE = "testsrc=size=64x48:rate=50:duration=0.5,setpts=PTS+7/TB,realtime"


def test_a_slow_reader_gets_the_newest_frame_and_the_late_ones_are_counted():
    with Source(fake(LIVE), None, None, None) as source:
        assert (source.kind, source.size, source.duration) == ("camera", (64, 48), None)
        frames = []
        for frame in source:
            frames.append(frame)
            time.sleep(0.1)
    assert frames[0].index < 10
    assert all(frame.time == pytest.approx(frame.index / 50, abs=0.002) for frame in frames)
    assert 3 <= len(frames) < 15
    assert frames[-1].index == 24
    assert source.counts.dropped == {"late": 25 - len(frames)}
    assert source.counts.yielded == source.counts.decoded == len(frames)
    assert not source.notes


def test_a_camera_ends_at_the_end_that_was_asked_for():
    with Source(fake("testsrc=size=64x48:rate=50,realtime"), None, 0.2, None) as source:
        frames = list(source)
    assert frames[-1].time < 0.2
    assert "mien-newest" not in [thread.name for thread in threading.enumerate()]


def test_closing_a_camera_ends_its_thread():
    endless = fake("testsrc=size=64x48:rate=50,realtime")
    next(iter(endless.shots()))
    endless.close()
    assert "mien-newest" not in [thread.name for thread in threading.enumerate()]
    assert list(endless.shots()) == []


def test_a_camera_without_frames_is_refused():
    with pytest.raises(UnreadableSource, match="camera:test delivers no frame"):
        fake("testsrc=size=64x48:rate=50:duration=0")


def test_a_camera_that_falls_silent_is_given_up(monkeypatch):
    silent = fake(LIVE)
    shots = silent.shots()
    next(shots)
    monkeypatch.setattr(camera, "PATIENCE", 0.0)
    monkeypatch.setattr(silent._newest, "take", lambda _: None)
    assert next(shots, None) is None
    assert silent.notes == ["the camera stopped: no frame came for 0 s"]
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
