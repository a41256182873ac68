"""Files on disk: found whole or not at all, whoever is killed and whoever else writes."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mien.errors import WeightsError
from mien.files import FULL

__all__ = ["hash_of", "locked", "read_if_there", "workplace", "write_whole", "writing"]

TEMPORARY = ".part-"
LOCK = ".lock"


def hash_of(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_if_there(path: Path) -> bytes | None:
    """Contents of a file, or None where there is none that can be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


@contextmanager
def writing(folder: Path, hint: str) -> Iterator[None]:
    """Turn what the disk refuses into a sentence.

    Args:
        folder: where is written.
        hint: what the user can do when ``folder`` cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise WeightsError(
                f"the disk is full: {folder} could not take the file; free some space and "
                "try again (nothing half-written was kept)"
            ) from error
        reason = error.strerror or str(error)
        raise WeightsError(f"{folder} cannot be written to ({reason}); {hint}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is either there whole or not there, and on the disk.

    Unlike `mien.files.whole_file` it waits for the disk, and leaves it to `writing` to say what
    went wrong: a cache has a cure of its own. `locked` clears away what a killed process left.

    Raises:
        OSError: the disk refuses; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A temporary folder inside ``folder``, on the same disk."""
    with tempfile.TemporaryDirectory(
        prefix=TEMPORARY, dir=folder, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


@contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a folder against other processes, and clear away what killed ones left in it.

    The lock only saves work: files appear whole without it too, so a disk that knows no locks
    is no obstacle. The system drops it when its holder dies.

    Args:
        folder: the folder, which is made if it lacks.
        waiting: called once if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as file:
        if _lock(file.fileno(), waiting):
            _clear(folder)
        yield


def _lock(handle: int, waiting: Callable[[], None]) -> bool:
    """Take the lock; False where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def _clear(folder: Path) -> None:
    for left in folder.glob(TEMPORARY + "*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            with suppress(OSError):
                left.unlink()
