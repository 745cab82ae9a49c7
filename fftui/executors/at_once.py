"""Several threads that do one kind of work side by side, and what they state, in one stream."""

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import TypeVar

T = TypeVar("T")
REFRESH_EVERY_S = 0.25


def at_once(
    work: Callable[[threading.Event], Iterator[T]], jobs: int, stop: threading.Event
) -> Iterator[T]:
    """What `work` yields in each of `jobs` threads, until all have ended.

    Each is called with an event that is set once `stop` is, one of them has failed, or nobody takes
    any more; then it should end soon. Raises what one of them raised.
    """
    halt, stated = threading.Event(), Queue[tuple[T] | Exception | None]()

    def run_next() -> None:
        try:
            for each in work(halt):
                stated.put((each,))
            stated.put(None)
        # a thread's last resort: raised where the work is asked for
        except Exception as error:  # noqa: BLE001
            stated.put(error)

    threads = [threading.Thread(target=run_next, name=f"fftui-job-{n + 1}") for n in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        yield from _merged(stated, jobs, stop, halt)
    finally:
        halt.set()
        for thread in threads:
            thread.join()


def _merged(
    stated: "Queue[tuple[T] | Exception | None]",
    jobs: int,
    stop: threading.Event,
    halt: threading.Event,
) -> Iterator[T]:
    while jobs:
        try:
            each = stated.get(timeout=REFRESH_EVERY_S)
        except Empty:
            each = ()  # type: ignore[assignment]
        if isinstance(each, Exception):
            raise each
        if stop.is_set():
            halt.set()
        if each is None:
            jobs -= 1
        else:
            yield from each
