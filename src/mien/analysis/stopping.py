"""The first interruption as a wish to stop, so that what was seen of a camera is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["patient"]


@contextmanager
def patient() -> Iterator[threading.Event]:
    """Inside, the first interruption (Ctrl-C) sets the event that is given, and breaks nothing off.

    A second one interrupts at once. Where interruptions are not Python's own any more (another
    handler, another thread than the main one) all stays as it is.
    """
    stop = threading.Event()
    own = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not own or threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signals call
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
