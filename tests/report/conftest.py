"""Runs on disk that have ended: those of comparisons."""

from ..comparison.conftest import new_run

__all__ = ["new_run"]
