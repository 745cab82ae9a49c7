"""What of a machine a run declares to a batch system or a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """Cores, GPUs (a part of one, or several), minutes at most, and the partition of Slurm."""

    cores: int = 1
    gpus: float = 0.0
    minutes: int = 24 * 60
    partition: str | None = None
