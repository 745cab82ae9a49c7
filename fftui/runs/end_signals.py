"""The signals by which others end a process gently: SIGTERM, and those that batch systems send
before a time limit.
"""

import signal

NAMES = ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGXCPU")
END_SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
