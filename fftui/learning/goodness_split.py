"""How far a layer's goodness of positive data lies from that of negative data.

Letters in shapes: N images, C labels.
"""

import torch
from torch import Tensor

from fftui.network_report import BINS, GoodnessSplit


def goodness_split(
    goodness_NC: Tensor, labels_N: Tensor, threshold: float | None
) -> GoodnessSplit | None:
    """Histograms and shares of the goodness for each label, of which `labels_N` are the true ones;
    None where no value of one side is finite.
    """
    is_true_NC = torch.zeros_like(goodness_NC, dtype=torch.bool)
    is_true_NC[torch.arange(len(labels_N)), labels_N] = True
    finite_NC = goodness_NC.isfinite()
    positive, negative = goodness_NC[is_true_NC & finite_NC], goodness_NC[~is_true_NC & finite_NC]
    if not len(positive) or not len(negative):
        return None
    low = float(min(positive.min(), negative.min()))
    high = float(max(positive.max(), negative.max()))
    high = high if high > low else low + max(1e-6, abs(low) * 1e-3)
    median = positive.quantile(0.5)
    return GoodnessSplit(
        threshold=threshold,
        low=low,
        high=high,
        positive=_histogram(positive, low, high),
        negative=_histogram(negative, low, high),
        median_positive=float(median),
        median_negative=float(negative.quantile(0.5)),
        negatives_over_median=_share(negative > median),
        positives_over_threshold=None if threshold is None else _share(positive > threshold),
        negatives_over_threshold=None if threshold is None else _share(negative > threshold),
        not_finite=int((~finite_NC).sum()),
    )


def _histogram(values: Tensor, low: float, high: float) -> tuple[int, ...]:
    return tuple(int(count) for count in torch.histc(values, BINS, low, high).tolist())


def _share(flags: Tensor) -> float:
    return int(flags.sum()) / len(flags)
