"""Processes that are ranks of one training, as torchrun starts them."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from ...warm import WarmProcess


def started(code: str, words: Sequence[str], folder: Path, count: int = 2) -> list[WarmProcess]:
    """`count` processes of `code`, each with the place of its rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        **os.environ,
        "WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    return [
        WarmProcess(
            code, words, folder=folder, environment=shared | {"RANK": str(n), "LOCAL_RANK": str(n)}
        )
        for n in range(count)
    ]
