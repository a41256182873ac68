"""Weights trained on ImageNet, by the names and addresses that torchvision publishes them under."""

import hashlib
import http.client
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlparse
from urllib.request import urlopen

import torch
import torchvision

from mien.errors import InputError, OfflineError, WeightsError
from mien.files import FULL, cannot_write, digest_of, whole_file
from mien.weights.store import open_store

__all__ = ["Published", "Say", "imagenet", "published"]

logger = logging.getLogger(__name__)

Say = Callable[[str], None]
"""Takes one line for the user."""

FIRST = "IMAGENET1K_V1"
"""The first release of each network's weights: the one that papers up to 2022 started from."""
LICENCE = "BSD-3-Clause as torchvision, learned from ImageNet, whose pictures are for research"
TIMEOUT = 30
"""Seconds without an answer after which a connection is given up."""
PIECE = 1 << 20


class Published(NamedTuple):
    """A file of weights on the net."""

    url: str
    """Its last part holds the first digits of the file's sha256, as in resnet18-f37072fd.pth."""
    size: float
    """Megabytes."""

    @property
    def file(self) -> str:
        """Name of the file."""
        return Path(urlparse(self.url).path).name

    @property
    def digits(self) -> str:
        """First digits of the sha256."""
        found = re.search(r"-([0-9a-f]{8,})\.", self.file)
        return found[1] if found else ""


def published(name: str) -> Published:
    """Where torchvision has the ImageNet weights of a network.

    Args:
        name: the network's name in torchvision.

    Raises:
        InputError: torchvision has none.
    """
    try:
        weights = torchvision.models.get_model_weights(name)[FIRST]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"torchvision has no ImageNet weights of {name}; start from a file or leave "
            "model.start empty"
        ) from error
    return Published(weights.url, weights.meta["_file_size"] * 1.048576)


def imagenet(name: str, say: Say = logger.info) -> Path:
    """The file of a network's ImageNet weights: from torch's cache, or fetched into it.

    Args:
        name: the network's name in torchvision.
        say: takes the line that says what is fetched.

    Raises:
        OfflineError: it would have to be fetched, and MIEN_OFFLINE is set.
        WeightsError: it cannot be fetched, or is another file than was published.
    """
    what = published(name)
    path = Path(torch.hub.get_dir()) / "checkpoints" / what.file
    if path.is_file():
        _check(_digest(path), what, f"{path} is damaged; delete it")
        return path
    by_hand = (
        f"bring {what.file} from {what.url} by hand, into {path.parent} or with "
        "--set model.start=FILE"
    )
    if open_store().offline:
        raise OfflineError(
            f"{what.file}, the ImageNet weights of {name}, is not in the cache, and MIEN_OFFLINE "
            f"is set: {by_hand}"
        )
    say(f"fetching {what.url} ({what.size:.0f} MB; {LICENCE}) into {path.parent}")
    try:
        _fetch(what, path)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        if isinstance(error, OSError) and error.errno in FULL:
            raise cannot_write(path, error) from error
        raise WeightsError(f"{what.url} cannot be fetched ({error}); {by_hand}") from error
    return path


def _fetch(what: Published, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with whole_file(path) as part:
        with urlopen(what.url, timeout=TIMEOUT) as answer, part.open("wb") as file:
            while piece := answer.read(PIECE):
                digest.update(piece)
                file.write(piece)
        _check(digest.hexdigest(), what, f"what came from {what.url} is not whole; try again")


def _digest(path: Path) -> str:
    try:
        return digest_of(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})") from error


def _check(digest: str, what: Published, otherwise: str) -> None:
    """Raise WeightsError unless the digest begins as the file's name says."""
    if not digest.startswith(what.digits):
        raise WeightsError(
            f"{otherwise}: its sha256 begins with {digest[:8]}, expected {what.digits}"
        )
