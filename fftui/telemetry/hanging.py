"""Where a thread is that waits for a driver which does not answer."""

import sys
import threading


def driver_call(thread: threading.Thread) -> str:
    """The call of NVML that `thread` is in; empty where it is in none."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_name.startswith("nvml"):
            return frame.f_code.co_name
        frame = frame.f_back
    return ""
