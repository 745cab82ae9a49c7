"""Runs as tasks of a Ray cluster: each a plain command on a node that has the cores and the share
of a GPU which it declares.
"""

import os
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

from fftui.errors import RequestError
from fftui.executors.executor import RunWorker
from fftui.executors.share import Share
from fftui.executors.shipped import Carried, run_there, shipment_of, take_back
from fftui.executors.submitted import Job, SubmittedRun
from fftui.runs.folder import RunFolder
from fftui.runs.workspace import Workspace


class RayExecutor:
    """At most `slots` tasks at once, each of which declares its `share`; Ray must be initialised.
    Any thread may ask it for a worker.
    """

    def __init__(self, slots: int, share: Share) -> None:
        import ray  # noqa: PLC0415 - an extra

        self.slots = slots
        cluster: Any = ray  # of which this has no types
        self.one_machine = len(cluster.nodes()) == 1
        self._share = share
        # a task whose node dies is not tried again by Ray, but by `SubmittedRun`: it knows when
        # the run has ended
        self._task: Any = ray.remote(
            num_cpus=share.cores, num_gpus=share.gpus, max_retries=0, max_calls=1
        )(run_there)

    def worker(
        self, folder: RunFolder, workspace: Workspace, *, resume: bool, own_process: bool = False
    ) -> RunWorker:
        """The run as a task, which begins it or goes on with it."""
        return SubmittedRun(folder, partial(self._submit, folder))

    def _submit(self, folder: RunFolder, words: Sequence[str]) -> Job:
        task = self._task.remote(shipment_of(folder), list(words), self._share.cores)
        return _RayJob(task, folder)


class _RayJob:
    def __init__(self, reference: Any, folder: RunFolder) -> None:
        self._reference = reference
        self._folder = folder

    def is_over(self) -> bool:
        """Whether it has a result, or Ray has given it up."""
        import ray  # noqa: PLC0415

        ready, _ = ray.wait([self._reference], timeout=0)
        return bool(ready)

    def cancel(self) -> None:
        """Take it out of the queue, or end its process, with which the run ends gently."""
        import ray  # noqa: PLC0415

        ray.cancel(self._reference, force=True)

    def end(self) -> tuple[int | None, str]:
        """Its exit code and last line, once the run of a node that does not see the runs folder is
        back; None where its process or node is gone.
        """
        import ray  # noqa: PLC0415

        try:
            carried: Carried = ray.get(self._reference)
        except ray.exceptions.RayError as error:
            return None, str(error).strip().splitlines()[0]
        if carried.archive is not None:
            try:
                take_back(carried.archive, self._folder)
            except RequestError as error:
                return error.exit_code, str(error)
        return carried.code, carried.said

    def was_cancelled(self) -> bool:
        """Never but by `cancel`."""
        return False


def ray_executor(address: str | None, slots: int, share: Share) -> RayExecutor:
    """The executor of the cluster at `address`; None: the one that RAY_ADDRESS names, else this
    machine as a cluster of its own, which ends with this process.

    Raises RequestError where Ray is not installed, or the cluster does not answer.
    """
    if find_spec("ray") is None:
        msg = "--on ray needs Ray, which is not installed: pip install 'fftui[ray]'"
        raise RequestError(msg)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster of ours reports to nobody
    import ray  # noqa: PLC0415 - an extra

    options: dict[str, Any] = {} if address else {"include_dashboard": False}
    if not address and os.environ.get("RAY_ADDRESS"):
        options = {}
    try:
        ray.init(address, ignore_reinit_error=True, log_to_driver=False, **options)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        where = address or os.environ.get("RAY_ADDRESS") or "this machine"
        msg = f"the Ray cluster at {where} does not answer: {' '.join(str(error).split())}"
        raise RequestError(msg) from error
    return RayExecutor(slots, share)
