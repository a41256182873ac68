"""Where a person's neutral face is to come from: the option --neutral."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.errors import InputError

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
        moment = _seconds(word)
        if moment is None:
            raise InputError(
                f"--neutral got {text!r}, which is no file here and no time; "
                "give auto, none, a picture, or a time such as 3.2s or 1:02"
            )
        return cls("time", time=moment)


_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)\s*s?", re.IGNORECASE)


def _seconds(text: str) -> float | None:
    """Seconds of 12, 3.2s, 1:02 or 1:02:03.5; None where it is no time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    too_many = (match[2] and seconds >= 60) or (match[1] and minutes >= 60)
    return None if too_many else 3600 * hours + 60 * minutes + seconds
