"""The benchmarks by name: what each compares, and with which options it shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """A file of this folder. `full` are its options for figures worth keeping; `quick` those that
    show within seconds that it runs, and to an order of magnitude what comes out.
    """

    name: str
    what: str
    full: str = ""
    quick: str = ""

    def options(self, *, quick: bool) -> list[str]:
        """The options as words."""
        return (self.quick if quick else self.full).split()


SUITE = (
    Benchmark(
        "epoch",
        "one epoch of a Forward-Forward layer: fftui, the textbook loop, and the matrix products"
        " alone",
        quick="--images 1024 --units 200 --repeats 1",
    ),
    Benchmark(
        "layer_kinds",
        "images a second of a convolution and a self-attention layer: fftui, the same layer written"
        " plainly with autograd, and its products alone",
        quick="--images 256 --repeats 1",
    ),
    Benchmark(
        "captured",
        "images a second on a CUDA GPU: steps captured as a CUDA graph, against the same kernels"
        " issued one by one",
        quick="--presets quickstart --data mnist-mini --repeats 1",
    ),
    Benchmark(
        "first_passage",
        "seconds of learning until an accuracy is first reached on the test set",
        quick="--preset quickstart --data mnist-mini --target 0.5 --seeds 1 --every 5",
    ),
    Benchmark(
        "peers",
        "seconds of learning until 97.14, 98.5 and 99 % on MNIST: fftui and public Forward-Forward"
        " code, run unchanged from checkouts (`--peer-dir`)",
        quick="--goals 0.9714",
    ),
    Benchmark(
        "loader",
        "the paper's backprop with its images selected from a tensor and read one by one: an epoch,"
        " and the pipeline's share",
        full="--images 12000 --epochs 1",
        quick="--data mnist-mini --images 300 --epochs 1 --repeats 1",
    ),
    Benchmark(
        "screen",
        "samples a second with the screen open against headless, the same experiment",
        quick="--images 400 --repeats 1 --turns 2 --seconds 0.5 --settles 0.5",
    ),
    Benchmark(
        "screen_bytes",
        "KiB a second that the screen writes in each state, at 80x24 and 200x50",
        quick="--only learns --sizes 80x24 --seconds 0.5 --settles 0.5",
    ),
    Benchmark(
        "open_screen",
        "what a screen costs that stays open for hours: its first picture, its share of a core, its"
        " memory, and how soon it is left",
        quick="--lines 2000 --minutes 0.03 --times 20 --seconds 0.5 --settles 0.5",
    ),
    Benchmark(
        "chart",
        "milliseconds to draw a line of 100,000 points, against looking at each of them",
        quick="--points 5000 --repeats 1",
    ),
    Benchmark(
        "compare",
        "seconds until 20 runs of 10,000 points are seen beside each other, and milliseconds until"
        " each key is answered, against reading their journals",
        quick="--runs 3 --points 20 --learning 1 --repeats 1",
    ),
    Benchmark(
        "listing",
        "processor time to list, sort, print and filter 10,000 runs, against reading each record",
        quick="--runs 20 --repeats 1",
    ),
    Benchmark(
        "journal",
        "processor time and memory to open a journal of a million lines, as an outline, a view and"
        " as tables, against another checkout",
        quick="--lines 600 --against .",
    ),
    Benchmark(
        "neighbours",
        "an epoch alone and with two processes at once on the same cores, by how torch's threads"
        " wait",
        full="--preset ff --data mnist --set data.train_images=6000",
        quick="--only default --rounds 1 --set data.train_images=500",
    ),
    Benchmark(
        "ranks",
        "images a second of one experiment on 1, 2 and 4 processes of as many threads in all, and"
        " how long rank 0 waits",
        full="--set data.train_images=6000",
        quick="--preset quickstart --data mnist-mini --counts 2 --ways layers --epochs 1"
        " --set data.train_images=300",
    ),
    Benchmark(
        "executors",
        "seconds for eight runs of one core each on two cores: by local processes, Ray and"
        " submitit, against the same commands by hand",
        quick="--preset quickstart --data mnist-mini --runs 1 --cores 1 --epochs 1 --images 200"
        " --only local",
    ),
    Benchmark(
        "telemetry",
        "what the sampler costs beside a training, how steady it is, whether memory stays flat",
        quick="--minutes 0.02 --pairs 1 --seconds 1",
    ),
    Benchmark(
        "same_weights",
        "whether every preset ends with the same bits as by the code of another checkout",
        full="--against .",
        quick="--only quickstart --against .",
    ),
)
