"""A window on the screen, by tkinter, which comes with Python."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

import PIL.Image

from mien.errors import InputError
from mien.live.cards import Trust, cards_of
from mien.live.moment import Moment
from mien.values import Image
from mien.video.dashboard import Status, dashboard_size, draw_dashboard
from mien.video.palette import WINDOW

if TYPE_CHECKING:
    import tkinter

    import PIL.ImageTk

__all__ = ["Window", "picture_of"]

BACKGROUND = f"#{bytes(WINDOW).hex()}"
NO_TKINTER = (
    "a window needs tkinter, which this Python lacks; install it (Debian and Ubuntu: apt install "
    "python3-tk; Fedora: dnf install python3-tkinter; Homebrew: brew install python-tk), or use "
    "--headless"
)


def picture_of(moment: Moment, trust: Trust, notice: str, size: tuple[int, int] | None) -> Image:
    """What the window shows of a moment.

    Args:
        moment: what was read.
        trust: how far each unit can be trusted.
        notice: something that is wrong; empty otherwise.
        size: width and height; None: as `mien.video.dashboard.dashboard_size`.
    """
    reading = moment.reading
    status = Status(moment.rate, moment.delay, moment.dropped, notice)
    cards = cards_of(reading, trust)
    return draw_dashboard(reading.frame.image, reading.faces, cards, status, size)


class Window:
    """A display on the screen; use it in ``with``. Q, Escape or its button close it.

    Args:
        title: written on its frame.
        size: width and height of the frames that will come.
        trust: how far each unit can be trusted.

    Raises:
        InputError: there is no tkinter, or no screen.
    """

    def __init__(self, title: str, size: tuple[int, int], trust: Trust) -> None:
        try:
            import tkinter

            import PIL.ImageTk
        except ImportError as error:
            raise InputError(NO_TKINTER) from error
        self._image_tk = PIL.ImageTk
        self._trust = trust
        self._last: Moment | None = None
        self._notice = ""
        self._photo: PIL.ImageTk.PhotoImage | None = None
        self._gone = tkinter.TclError
        try:
            self._root = tkinter.Tk(className="mien")
        except tkinter.TclError as error:
            raise InputError(
                f"no window can be opened ({error}); use --headless, or run it where there is a "
                "screen"
            ) from error
        self.is_open = True
        self._root.title(title)
        self._root.configure(background=BACKGROUND)
        self._root.geometry("{}x{}".format(*dashboard_size(size)))
        self._label = tkinter.Label(self._root, borderwidth=0, background=BACKGROUND)
        self._label.pack(fill="both", expand=True)
        self._root.protocol("WM_DELETE_WINDOW", self._close)
        for key in ("q", "Q", "<Escape>"):
            self._root.bind(key, self._close)
        self._root.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._photo = None
        try:
            self._root.destroy()
        except self._gone:
            return

    def show(self, moment: Moment) -> None:
        """Draw a moment, and look after the window."""
        self._last, self._notice = moment, ""
        self._draw()

    def wait(self, notice: str) -> None:
        """Look after the window; a new notice is drawn over the last moment."""
        if notice != self._notice and self._last is not None:
            self._notice = notice
            self._draw()
        else:
            self._refresh()

    def _draw(self) -> None:
        """Put the picture of the last moment into the window, as large as that is."""
        if self._last is None or not self.is_open:
            return
        size = (self._label.winfo_width(), self._label.winfo_height())
        picture = PIL.Image.fromarray(picture_of(self._last, self._trust, self._notice, size))
        if self._photo is None or (self._photo.width(), self._photo.height()) != picture.size:
            self._photo = self._image_tk.PhotoImage(picture, master=self._root)
            self._label.configure(image=self._photo)
        else:
            self._photo.paste(picture)
        self._refresh()

    def _refresh(self) -> None:
        """Let the window answer its user."""
        try:
            self._root.update()
        except self._gone:  # it was closed from outside
            self.is_open = False

    def _close(self, _: "tkinter.Event[tkinter.Misc] | None" = None) -> None:
        """The user has seen enough."""
        self.is_open = False
