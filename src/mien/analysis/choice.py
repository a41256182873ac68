"""Where a person's neutral face is to come from: the option --neutral."""

import os
from dataclasses import dataclass
from pathlib import Path

from mien.analysis.judgement import Source
from mien.analysis.neutralfile import is_neutral_file
from mien.errors import InputError
from mien.video.moments import read_seconds

__all__ = ["NeutralChoice"]


@dataclass(frozen=True)
class NeutralChoice:
    """Where the neutral is to come from."""

    source: Source = "auto"
    path: Path | None = None
    """The picture, or the file that ``mien neutral`` wrote."""
    time: float | None = None
    """Seconds."""

    @classmethod
    def parse(cls, text: str) -> "NeutralChoice":
        """Read the option: ``auto``, ``none``, a file, or a time as 12, 3.2s or 1:02.

        A name that exists is a file, whatever it looks like; its content says whether it is a
        neutral that was kept or a picture.

        Raises:
            InputError: it is none of these.
        """
        word = text.strip()
        if word.lower() in ("auto", "none"):
            return cls("auto" if word.lower() == "auto" else "none")
        if os.path.isfile(word):  # noqa: PTH113 - Path stumbles on what is too long for a name
            return cls("file" if is_neutral_file(Path(word)) else "picture", path=Path(word))
        try:
            return cls("time", time=read_seconds(word))
        except InputError:
            raise InputError(
                f"--neutral got {text!r}, which is no file here and no time; "
                "give auto, none, a picture, a file of mien neutral, or a time such as 3.2s or 1:02"
            ) from None
