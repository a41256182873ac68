"""Where a person's neutral face is to come from: the option --neutral."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.errors import InputError
from mien.video.moments import read_seconds

__all__ = ["NeutralChoice", "Source"]

Source = Literal["auto", "picture", "time", "none"]


@dataclass(frozen=True)
class NeutralChoice:
    """Where the neutral is to come from."""

    source: Source = "auto"
    picture: Path | None = None
    time: float | None = None
    """Seconds."""

    @classmethod
    def parse(cls, text: str) -> "NeutralChoice":
        """Read the option: ``auto``, ``none``, a picture file, or a time as 12, 3.2s or 1:02.

        A name that exists as a file is a picture, whatever it looks like.

        Raises:
            InputError: it is none of these.
        """
        word = text.strip()
        if word.lower() in ("auto", "none"):
            return cls("auto" if word.lower() == "auto" else "none")
        if word and Path(word).is_file():
            return cls("picture", picture=Path(word))
        try:
            return cls("time", time=read_seconds(word))
        except InputError:
            raise InputError(
                f"--neutral got {text!r}, which is no file here and no time; "
                "give auto, none, a picture, or a time such as 3.2s or 1:02"
            ) from None
