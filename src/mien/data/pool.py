"""Jobs in several processes that end with their parent, however it ends."""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from mien.data.aligning import How, Job, align
from mien.errors import InputError

__all__ = ["run"]

PATIENCE = 0.2
"""Seconds between two looks at how far the processes are."""

_reports: Any = None
"""In a process of the pool: where finished rows are told."""
_stop: Any = None
"""In a process of the pool: set when all is to end."""


class _Stopped(Exception):
    """The parent wants no more."""


def run(
    jobs: Sequence[Job], how: How, folder: Path, workers: int, tell: Callable[[int], None]
) -> None:
    """Make the shards of all jobs.

    Args:
        jobs: what is to be made.
        how: how it is aligned.
        folder: where shards are kept.
        workers: processes; with one, all is done in this one.
        tell: told how many rows are done, now and then.

    Raises:
        MienError: whatever a job raises; the others are stopped.
    """
    if workers <= 1 or len(jobs) <= 1:
        for job in jobs:
            align(job, how, folder, tell)
        return
    # new processes instead of forked ones: those of ONNX Runtime and torch do not survive a fork
    context = multiprocessing.get_context("spawn")
    reports, stop = context.Queue(), context.Event()
    count = min(workers, len(jobs))
    pool = ProcessPoolExecutor(count, context, _begin, (reports, stop))
    tasks = ((job, how, folder) for job in jobs)
    try:
        _follow(pool, tasks, 2 * count, lambda: _drain(reports, tell))
    except BrokenProcessPool as error:
        raise InputError(
            "a process that aligned pictures was ended from outside, perhaps for want of memory; "
            "call this again with fewer workers, it goes on where it was stopped (a script that "
            'calls it needs the line: if __name__ == "__main__")'
        ) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        _drain(reports, tell)
        reports.close()


def _follow(
    pool: ProcessPoolExecutor,
    tasks: Iterator[tuple[Job, How, Path]],
    ahead: int,
    look: Callable[[], None],
) -> None:
    """Hand out tasks, a few ahead of those that are done, until all are done."""
    with _deaf():  # submitting starts the processes
        going = {pool.submit(_align, *task) for task in islice(tasks, ahead)}
    while going:
        done, going = wait(going, PATIENCE, FIRST_COMPLETED)
        look()
        for future in done:
            future.result()
        with _deaf():
            going |= {pool.submit(_align, *task) for task in islice(tasks, len(done))}


@contextmanager
def _deaf() -> Iterator[None]:
    """Hold Ctrl-C back for a moment: what is started now is deaf to it, also while it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _drain(reports: Any, tell: Callable[[int], None]) -> None:  # noqa: ANN401 - a queue
    """Tell what has been reported up to now."""
    with suppress(queue.Empty):
        while True:
            tell(reports.get_nowait())


def _begin(reports: Any, stop: Any) -> None:  # noqa: ANN401 - a queue, an event
    """Start a process: deaf to Ctrl-C, which its parent hears, and not outliving its parent."""
    global _reports, _stop
    _reports, _stop = reports, stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    """End this process when its parent has ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _align(job: Job, how: How, folder: Path) -> None:
    """Do a job in a process of the pool."""

    def tell(rows: int) -> None:
        if _stop.is_set():
            raise _Stopped
        _reports.put(rows)

    with suppress(_Stopped):
        align(job, how, folder, tell)
