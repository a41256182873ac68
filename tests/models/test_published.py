import errno
import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import URLError

import pytest
import torch
from torchvision.models import AlexNet_Weights, Inception_V3_Weights, ResNet18_Weights

from mien.errors import InputError, OfflineError, WeightsError
from mien.models import published
from mien.models.baselines import BASELINES
from mien.models.published import Published, imagenet

CONTENT = b"weights" * 1000
DIGITS = hashlib.sha256(CONTENT).hexdigest()[:8]


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT under any name but those that say what goes wrong."""

    def do_GET(self):
        self.server.asked.append(self.path)
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:-1] if "short" in self.path else CONTENT)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as one:
        one.asked = []
        thread = threading.Thread(target=one.serve_forever, args=(0.02,))
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Torch's cache, in a folder of its own; folders are made when they are needed."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("MIEN_OFFLINE", raising=False)
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def name(server, monkeypatch):
    """Choose the name of the file that is published."""

    def choose(file):
        url = f"http://127.0.0.1:{server.server_port}/models/{file}"
        monkeypatch.setattr(published, "published", lambda _: Published(url, 7.0))
        return url

    return choose


def test_weights_are_fetched_once_into_torch_s_cache(server, cache, name):
    url = name(f"resnet18-{DIGITS}.pth")
    said = []
    path = imagenet("resnet18", said.append)
    assert path == cache / f"resnet18-{DIGITS}.pth"
    assert path.read_bytes() == CONTENT
    assert [one.name for one in cache.iterdir()] == [path.name]
    (line,) = said
    assert url in line
    assert "7 MB" in line
    assert "BSD-3-Clause" in line
    assert imagenet("resnet18", said.append) == path
    assert len(server.asked) == len(said) == 1


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (f"missing-{DIGITS}.pth", "HTTP Error 404: Not Found"),
        (f"short-{DIGITS}.pth", "IncompleteRead|is not whole; try again: its sha256 begins with"),
        ("resnet18-00000000.pth", f"is not whole; .* {DIGITS}, expected 00000000"),
    ],
)
def test_what_does_not_come_whole_is_not_kept(server, cache, name, file, told):
    name(file)
    with pytest.raises(WeightsError, match=told) as raised:
        imagenet("resnet18", print)
    assert not list(cache.glob("*"))
    assert "\n" not in str(raised.value)


def test_the_way_by_hand_is_told(cache, name, server):
    url = name(f"missing-{DIGITS}.pth")
    with pytest.raises(WeightsError) as raised:
        imagenet("resnet18", lambda _: None)
    for part in (url, str(cache), "--set model.start=FILE"):
        assert part in str(raised.value)


def test_offline_nothing_is_asked_for(server, cache, name, monkeypatch):
    url = name(f"resnet18-{DIGITS}.pth")
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(OfflineError) as raised:
        imagenet("resnet18", print)
    for part in (url, str(cache), "MIEN_OFFLINE", "--set model.start=FILE"):
        assert part in str(raised.value)
    assert server.asked == []
    cache.mkdir(parents=True)
    (cache / f"resnet18-{DIGITS}.pth").write_bytes(CONTENT)
    assert imagenet("resnet18").read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_refused(server, cache, name):
    name(f"resnet18-{DIGITS}.pth")
    cache.mkdir(parents=True)
    (cache / f"resnet18-{DIGITS}.pth").write_bytes(CONTENT[:100])
    with pytest.raises(WeightsError, match="is damaged; delete it"):
        imagenet("resnet18")


def test_a_host_that_is_not_there_is_said(cache, name, monkeypatch):
    def refused(*arguments, **options):
        raise URLError("Name or service not known")

    name(f"resnet18-{DIGITS}.pth")
    monkeypatch.setattr(published, "urlopen", refused)
    with pytest.raises(WeightsError, match=r"cannot be fetched .*Name or service not known"):
        imagenet("resnet18", lambda _: None)


def test_a_full_disk_is_said(cache, name, monkeypatch):
    class Full(io.BytesIO):
        def read(self, _=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    name(f"resnet18-{DIGITS}.pth")
    monkeypatch.setattr(published, "urlopen", lambda *_, **__: Full())
    with pytest.raises(InputError, match=r"No space left on device.*free some space"):
        imagenet("resnet18", lambda _: None)
    assert not list(cache.glob("*"))


def test_addresses_are_torchvision_s_first_release():
    for name, weights in (
        ("alexnet", AlexNet_Weights),
        ("resnet18", ResNet18_Weights),
        ("inception_v3", Inception_V3_Weights),
    ):
        assert published.published(name).url == weights.IMAGENET1K_V1.url
    assert published.published("resnet18").digits == "f37072fd"
    assert published.published("resnet18").size == pytest.approx(46.8, abs=0.1)
    for name, _, _ in BASELINES.values():
        assert len(published.published(name).digits) == 8


def test_a_network_that_torchvision_does_not_have_is_said():
    with pytest.raises(InputError, match="torchvision has no ImageNet weights of jaanet"):
        published.published("jaanet")


def test_the_cache_is_torch_s_own(cache):
    assert str(cache).startswith(torch.hub.get_dir())
