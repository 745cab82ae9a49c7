"""Steps on CUDA, captured once an epoch as a CUDA graph and launched as one.

A step of small layers is some two hundred kernels of a few microseconds each. To issue them one by
one took Python ten times as long as they took an H200, which then waits for the next.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import torch
from torch import Tensor

from fftui.learning.rules.phase_rule import StageTrainer
from fftui.learning.sharing import Alone
from fftui.telemetry.clocks import Clock

AHEAD = 32  # steps that may be issued before the GPU has computed the first of them


class AloneOnCuda(Alone):
    """One process that learns everything on a CUDA GPU.

    The first step of an epoch is issued kernel by kernel: it makes what later ones keep, such as
    the optimiser's moments. The second one is captured, and from then on every batch of as many
    images is a launch of that graph. Each epoch has its own graph, as what was drawn for the epoch
    lies elsewhere in memory. What a launch changes it changes where it lay when it was captured, so
    rules and layers of other packages have to say that they keep nothing otherwise: a class of
    theirs has `in_place = True`. What does not, or cannot be captured, as it waits for the device,
    is issued kernel by kernel to the end.

    What is issued is never more than `AHEAD` steps before the GPU: times, progress and budgets are
    those of what is computed, and whoever pauses a run waits no longer.
    """

    def __init__(self, device: torch.device, data_clock: Clock) -> None:
        self._device = device
        self._data_clock = data_clock
        # the default one cannot be captured; torch leaves its types out
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph: torch.cuda.CUDAGraph | None = None
        self._index_B: Tensor | None = None  # of the batch that the graph is for
        self._issued = 0  # images of the epoch's first step
        self._is_refused = False
        self._notes: list[str] = []
        self._ahead: deque[torch.cuda.Event] = deque()  # the ends of steps that may not be computed

    def take(self, trainer: StageTrainer) -> None:
        """Nothing is captured of a stage that begins, and the memory of the last one's graph is
        free again.
        """
        self._graph = None
        self._is_refused = False
        for part in (trainer, *trainer.parts):
            if not _is_in_place(part):
                name = type(part).__name__
                self._refuse(f"{name} does not say in_place = True, that it changes in place")
                return

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is captured of an epoch that begins."""
        del epoch
        self._index_B = None
        self._issued = 0

    def step(self, trainer: StageTrainer, index_B: Tensor, step: int) -> None:
        """The trainer's own step."""
        with torch.cuda.device(self._device):
            self._wait_for_all_but(AHEAD)
            trainer.prepare(step)
            if self._index_B is None and len(index_B) == self._issued and not self._is_refused:
                self._capture(trainer, index_B)
                if self._is_refused:
                    trainer.prepare(step)  # again: its generators are other ones
            if self._index_B is not None and len(index_B) == len(self._index_B):
                self._launch(index_B)
            else:
                self._issue(trainer, index_B)
            # whoever waits for it sleeps; torch leaves its types out
            self._ahead.append(torch.cuda.Event(blocking=True))  # type: ignore[no-untyped-call]
            self._ahead[-1].record()

    def notes(self) -> Sequence[str]:
        """Why steps cannot be captured."""
        said, self._notes = self._notes, []
        return said

    def end(self) -> None:
        """The graph's memory is free again."""
        self._graph = self._index_B = None

    def _launch(self, index_B: Tensor) -> None:
        assert self._graph is not None
        assert self._index_B is not None
        self._index_B.copy_(index_B)
        self._graph.replay()
        self._data_clock.repeat()

    def _issue(self, trainer: StageTrainer, index_B: Tensor) -> None:
        with self._beside():
            trainer.compute(index_B)
        self._issued = self._issued or len(index_B)

    def _capture(self, trainer: StageTrainer, index_B: Tensor) -> None:
        """Make the graph of a step on as many images; nothing is computed."""
        graph, kept_B = torch.cuda.CUDAGraph(), index_B.clone()
        for generator in trainer.generators:
            graph.register_generator_state(generator)
        # The memory of the last epoch's graph, which nothing launches any more, is taken again.
        taken = self._graph
        pool = torch.cuda.graph_pool_handle() if taken is None else taken.pool()
        self._data_clock.forget_repeated()
        try:
            with self._beside():
                # others may ask the device for something: the screen for a layer's pictures
                graph.capture_begin(pool, capture_error_mode="thread_local")
                try:
                    trainer.compute(kept_B)
                finally:
                    graph.capture_end()
        except RuntimeError as error:
            self._graph = None
            self._data_clock.forget_repeated()
            self._tidy_up(pool, trainer.generators)
            reason = str(error.__context__ or error).splitlines()[0]
            self._refuse(f"they cannot be captured ({reason})")
        else:
            self._graph, self._index_B = graph, kept_B

    def _tidy_up(self, pool: tuple[int, int], generators: Sequence[torch.Generator]) -> None:
        """Give back what a failed capture has kept: generators, the default one too, would draw
        nothing any more, and torch's allocator would go on recording.
        """
        default = torch.cuda.default_generators[self._device.index]
        for generator in (*generators, default):
            other = torch.Generator(self._device)
            other.manual_seed(generator.initial_seed())
            generator.graphsafe_set_state(other)
        with suppress(RuntimeError):  # later versions of torch have done so themselves
            torch._C._cuda_endAllocateToPool(self._device.index, pool)

    def _refuse(self, why: str) -> None:
        """Capture nothing more of this stage."""
        self._is_refused = True
        self._notes.append(f"steps are issued kernel by kernel: {why}")

    def _wait_for_all_but(self, steps: int) -> None:
        """Wait until no more than so many steps are issued that are not computed."""
        while len(self._ahead) > steps:
            self._ahead.popleft().synchronize()

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """On the stream that can be captured, after what was issued before and before what comes
        next.
        """
        around = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(around)
        with torch.cuda.stream(self._stream):
            yield
        around.wait_stream(self._stream)


def _is_in_place(part: object) -> bool:
    """Whether code of this object's class may be captured; what it inherits says nothing of it."""
    kind = type(part)
    return kind.__module__.split(".")[0] == "fftui" or bool(vars(kind).get("in_place"))
