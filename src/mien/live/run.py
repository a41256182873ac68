"""The loop: the newest frame is read and shown, again and again, until somebody has enough."""

from collections.abc import Callable, Sequence
from threading import Event
from time import monotonic
from typing import Protocol

from mien.analysis.stream import FrameReader
from mien.live.moment import Moment, Tally
from mien.values import Frame
from mien.video.playing import Playing

__all__ = ["Display", "watch"]

WAIT = 0.05
"""Seconds to wait for a frame before the displays are looked after."""
SILENT = 3.0
"""Seconds without a frame after which that is said."""


class Display(Protocol):
    """Where moments are shown."""

    is_open: bool
    """Whether more are wanted."""

    def show(self, moment: Moment) -> None:
        """Show what was read."""
        ...

    def wait(self, notice: str) -> None:
        """There is no new frame; ``notice`` says why if something is wrong."""
        ...


def watch(
    playing: Playing,
    reader: FrameReader,
    displays: Sequence[Display],
    stop: Event,
    say: Callable[[str], None] = lambda _: None,
) -> Tally:
    """Read the newest frame whenever there is one, and show it.

    A frame is taken only when the one before it was shown, so nothing ever waits in a line: a slow
    machine reads fewer frames, and each of them is fresh.

    Args:
        playing: a camera or a recording.
        reader: reads its frames.
        displays: show each frame in this order; the run ends when one of them is closed.
        stop: ends the run when it is set.
        say: is told, once for each time, that no frame comes.

    Returns:
        What was counted.
    """
    tally = Tally()
    name = playing.source.name
    since, is_silent = monotonic(), False
    while not stop.is_set() and all(display.is_open for display in displays):
        arrived = playing.take(WAIT)
        if arrived is not None:
            since, is_silent = monotonic(), False
            shot = arrived.shot
            reading = reader.read(Frame(shot.paint(), shot.index, shot.time))
            tally.read(monotonic())
            moment = Moment(name, reading, arrived.at, playing.dropped, tally.rate, tally.delay)
            for display in displays:
                display.show(moment)
            tally.shown(moment.age)
            continue
        if playing.ended:
            break
        notice = f"{name} is gone; waiting for it" if playing.is_gone else ""
        if not notice and monotonic() - since > SILENT:
            notice = f"no frame from {name}"
            if not is_silent:
                say(f"no frame has come from {name} for {SILENT:.0f} s; still waiting")
            is_silent = True
        for display in displays:
            display.wait(notice)
    return tally
