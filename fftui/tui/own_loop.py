"""An app on an event loop of its own, whose threads nobody waits for: quitting takes no longer than
the terminal does, whatever is being read, drawn or loaded behind the screen.
"""

import asyncio
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from textual.app import App

T = TypeVar("T")

WORK = "fftui-work"  # begins the names of the threads of Textual's workers
LOADER = "fftui-load-torch"
GRACE_S = 0.3  # for what is nearly done, such as the writing of a tag


def run_on_own_loop(app: App[T]) -> T | None:
    """Run `app` to its end. Workers that still compute are left to `leave`."""
    loop = asyncio.new_event_loop()
    executor = ThreadPoolExecutor(thread_name_prefix=WORK)
    loop.set_default_executor(executor)
    try:
        return app.run(loop=loop)
    finally:
        loop.run_until_complete(_end_tasks())
        loop.run_until_complete(loop.shutdown_asyncgens())
        executor.shutdown(wait=False, cancel_futures=True)
        loop.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def leave(code: int) -> int:
    """Return the exit code, or end the process with it where a thread of the screen is busy: an
    interpreter waits for such a thread at its end, or crashes while torch loads.
    """
    until = time.monotonic() + GRACE_S
    busy = [
        thread
        for thread in threading.enumerate()
        if thread.name.startswith(WORK) or thread.name == LOADER
    ]
    for thread in busy:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in busy):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code
