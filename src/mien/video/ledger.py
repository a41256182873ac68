"""Numbers for decoded frames that stay right when frames are lost on the way."""

from bisect import bisect_left, insort

__all__ = ["HIDDEN_FRAMES", "Ledger"]

HIDDEN_FRAMES = frozenset({"vp8"})
"""Codecs with packets that are never shown; in all others a packet is a frame."""


class Ledger:
    """Keeps the time stamps of packets until their frames come; those left behind are lost.

    Where stamps are missing or start again, frames are counted one by one instead.

    Args:
        sound: whether each packet of the stream is one frame.
    """

    lost: int = 0
    """Frames that were not decoded, up to now."""

    def __init__(self, sound: bool = True) -> None:
        self._sound = sound
        self._waiting: list[int] = []
        self._shown: int | None = None
        self._next = 0

    def packet(self, stamp: int | None) -> None:
        """A packet goes to the decoder."""
        if stamp is None or (self._shown is not None and stamp <= self._shown):
            self._give_up()
        elif self._sound:
            insort(self._waiting, stamp)

    def frame(self, stamp: int | None) -> int:
        """A frame comes from the decoder; its number in the stream, from 0."""
        if self._sound:
            place = -1 if stamp is None else bisect_left(self._waiting, stamp)
            if 0 <= place < len(self._waiting) and self._waiting[place] == stamp:
                self._lose(place)
                del self._waiting[: place + 1]
                self._shown = stamp
            else:
                self._give_up()
        self._next += 1
        return self._next - 1

    def failure(self) -> None:
        """A packet could not be decoded."""
        if not self._sound:
            self._lose(1)

    def close(self) -> int:
        """The stream ends: number of all its frames, lost ones included."""
        self._lose(len(self._waiting))
        self._waiting.clear()
        return self._next

    def _lose(self, frames: int) -> None:
        """Leave numbers free for frames that did not come."""
        self.lost += frames
        self._next += frames

    def _give_up(self) -> None:
        """Count one by one from here on."""
        self._sound = False
        self._waiting.clear()
