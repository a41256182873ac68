"""Checkpoints: plain tensors and numbers, in files that are whole or not there."""

import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import CheckpointIO

from mien.errors import WeightsError
from mien.files import cannot_write, whole_file

__all__ = ["FORMAT", "MARK", "WholeFiles", "read", "write"]

MARK = "mien"
"""Key of what we keep in a checkpoint beside Lightning's own."""

FORMAT = 1
"""Rises when older versions could not go on from a checkpoint."""


def write(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint under another name first: a kill leaves the last one whole.

    Raises:
        InputError: the disk refuses.
    """
    with whole_file(path) as part:
        try:
            with part.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(path, error) from error
        except RuntimeError as error:
            # A full disk or Ctrl-C while torch writes comes out as a complaint of its own.
            for cause in _behind(error):
                if isinstance(cause, OSError):
                    raise cannot_write(path, cause) from error
                if not isinstance(cause, Exception):
                    raise cause from None
            raise


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint of ours onto the processor; nothing in it is executed.

    Raises:
        WeightsError: it is missing, damaged, of something else, or of a newer mien.
    """
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path} does not exist; train first") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a checkpoint of mien, or is damaged ({_first(error)})"
        ) from error
    ours = found.get(MARK) if isinstance(found, dict) else None
    if not isinstance(ours, dict) or not isinstance(ours.get("format"), int):
        raise WeightsError(f"{path} is not a checkpoint of mien, but of another program")
    if ours["format"] > FORMAT:
        raise WeightsError(f"{path} was written by a newer mien: update mien")
    return dict(found)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """What was being dealt with when an error was raised, the nearest first."""
    behind = error.__context__
    while behind is not None:
        yield behind
        behind = behind.__context__


def _first(error: BaseException) -> str:
    """The first sentence of what torch says."""
    return str(error).strip().split("\n")[0].split(". ")[0] or type(error).__name__


class WholeFiles(CheckpointIO):
    """How Lightning writes and reads checkpoints here."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | os.PathLike[str],
        storage_options: Any = None,  # noqa: ANN401, ARG002 - Lightning's signature
    ) -> None:
        """Write, see `write`."""
        write(checkpoint, Path(path))

    def load_checkpoint(
        self,
        path: str | os.PathLike[str],
        map_location: Any = None,  # noqa: ANN401, ARG002 - Lightning's signature
        weights_only: bool | None = None,  # noqa: ARG002 - never anything else
    ) -> dict[str, Any]:
        """Read, see `read`."""
        return read(Path(path))

    def remove_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Remove a checkpoint."""
        Path(path).unlink(missing_ok=True)
