"""The set-ups that are conditions of the studies, so that at full scale both share their runs."""

from collections.abc import Iterator, Mapping

from fftui.claims import quick_scale
from fftui.claims.accuracy_claims import ALL_SETS, CORRECTED, FAITHFUL
from fftui.claims.architecture_claims import (
    ATTENTION,
    CNN_BESIDE,
    CNN_FACTORS,
    EVERY_PATCH,
    FF_BESIDE,
    ONE_PATCH,
)
from fftui.claims.hybrid_claims import HYBRID_FACTORS, OWN_RATE
from fftui.claims.outcomes import Setup
from fftui.claims.sample_claims import SIZES
from fftui.claims.settings_claims import activation_setup, threshold_setup
from fftui.claims.setup_runs import (
    VALIDATION_IMAGES,
    Changes,
    PlannedRuns,
    Studies,
    StudySetup,
    Wanted,
    begins,
)
from fftui.studies.setting_studies import ACTIVATIONS, PAPER_THRESHOLDS, THRESHOLDS
from fftui.studies.small_scale import CONVOLUTION_TRAIN_IMAGES
from fftui.studies.study import Scale

AS_IT_IS = "as it is"
METHODS = ("ff", "cnn", "attention")
HYBRIDS = ("paper/hybrid", "paper/hybrid-reverse", "hybrid", "hybrid-reverse")
# other label encodings than the overlay
ENCODINGS: Mapping[str, Wanted] = {
    "ff, label appended": {"method": "ff", "encoding": "appended", "scale": 3.0},
    "cnn, label plane": {"method": "cnn", "encoding": "random-plane", "planes": "every"},
    EVERY_PATCH.name: {"method": "attention", "encoding": "every-token"},
    ONE_PATCH.name: {"method": "attention", "encoding": "first-token"},
    **{
        f"{method}, label overlaid": {"method": method, "encoding": "overlay"} for method in METHODS
    },
}


def runs_in_studies(studies: Studies) -> Iterator[PlannedRuns]:
    """The runs of every set-up that a study has at this scale."""
    for each in _in_studies(studies.asked.scale):
        for runs in studies.runs_of(each):
            yield _with_equal_training(studies, each, runs) if _is_control(each) else runs
    yield from _beside_corrected_attention(studies)


def _in_studies(scale: Scale) -> Iterator[StudySetup]:
    yield from _both_methods(scale)
    fewer: Changes = quick_scale.CHOICES if scale == "quick" else {}
    yield from _choices({"data.validation_images": VALIDATION_IMAGES[scale], **fewer})
    yield from _architectures(scale)
    yield _beside_attention(scale)
    for method in HYBRIDS:
        yield hybrid_setup(Setup(method), method, AS_IT_IS, scale)
    for change in HYBRID_FACTORS:
        yield hybrid_setup(Setup(f"paper/hybrid, {change}"), "paper/hybrid", change, scale)
    own_rate = "backprop from random weights, equal total epochs, the backprop preset's rate"
    yield hybrid_setup(OWN_RATE, "hybrid", own_rate, scale)


def _beside_attention(scale: Scale) -> StudySetup:
    """The paper's FF on as many images as its attention, for as many epochs: as it is, and at the
    quick scale on those of the study of architectures.
    """
    if scale == "full":
        return StudySetup(FF_BESIDE, "table-1", {"method": "paper/ff"})
    wanted = {"method": "paper/ff", "images": CONVOLUTION_TRAIN_IMAGES}
    return StudySetup(FF_BESIDE, "sample-complexity", wanted)


def hybrid_setup(setup: Setup, method: str, change: str, scale: Scale) -> StudySetup:
    """A set-up that is a condition of the study of hybrids."""
    fewer = quick_scale.HYBRIDS.get(method, {}) if scale == "quick" else {}
    return StudySetup(setup, "hybrid", {"method": method, "change": change}, fewer)


def _both_methods(scale: Scale) -> Iterator[StudySetup]:
    """FF and backprop on every set; and with few images, at the quick scale of digits only."""
    well: Changes = quick_scale.MEASURED_WELL if scale == "quick" else {}
    for data in ALL_SETS:
        for name in (*FAITHFUL, *CORRECTED):
            yield StudySetup(Setup(name, data), "table-1", {"method": name}, well)
            for images in SIZES[data] if scale == "full" or data == "mnist" else ():
                wanted = {"method": name, "images": images}
                setup = Setup(name, data, images)
                yield StudySetup(setup, "sample-complexity", wanted, well)


def _choices(changes: Changes) -> Iterator[StudySetup]:
    """Settings that are chosen on validation images, and so keep some apart."""
    for value in PAPER_THRESHOLDS:
        wanted: Wanted = {"method": "paper/ff", "threshold": value}
        yield StudySetup(threshold_setup("paper/ff", value), "threshold", wanted, changes)
    for value in THRESHOLDS:
        wanted = {"method": "ff", "threshold": value}
        yield StudySetup(threshold_setup("ff, softplus", value), "threshold", wanted, changes)
    for method in ("paper/ff", "ff"):
        for name in ACTIVATIONS:
            wanted = {"method": method, "activation": name}
            yield StudySetup(activation_setup(method, name), "activation", wanted, changes)


def _as_it_is(setup: Setup, method: str, changes: Changes) -> StudySetup:
    wanted = {"method": method, "change": AS_IT_IS}
    return StudySetup(setup, "architectures", wanted, changes)


def _architectures(scale: Scale) -> Iterator[StudySetup]:
    for method in ("paper/cnn", "paper/attention", "attention"):
        changes = quick_scale.ARCHITECTURES.get(method, {}) if scale == "quick" else {}
        yield _as_it_is(Setup(method), method, changes)
    for factor in CNN_FACTORS:
        wanted: Wanted = {"method": "paper/cnn", "change": begins(f"{factor} ")}
        yield StudySetup(Setup(f"paper/cnn, {factor}"), "architectures", wanted)
    for name, wanted in ENCODINGS.items():
        yield StudySetup(Setup(name), "label-encoding", wanted)


def _beside_corrected_attention(studies: Studies) -> Iterator[PlannedRuns]:
    """The corrected convolutional network for as many epochs as corrected attention."""
    for cnn in studies.runs_of(_as_it_is(CNN_BESIDE, "cnn", {})):
        (attention,) = studies.runs_of(_as_it_is(ATTENTION, "attention", {}))
        pairs = zip(cnn.experiments, attention.experiments, strict=True)
        epochs = ((mine, theirs.phases[0].epochs) for mine, theirs in pairs)
        yield PlannedRuns(
            cnn.setup, tuple(mine.changed({"phases.0.epochs": each}) for mine, each in epochs)
        )


def _is_control(each: StudySetup) -> bool:
    """Whether it is backprop beside corrected FF."""
    return each.setup.name == "backprop"


def _with_equal_training(studies: Studies, each: StudySetup, backprop: PlannedRuns) -> PlannedRuns:
    """Backprop with the augmentation and the number of epochs of FF, seed by seed."""
    own = Setup("ff", each.setup.data, each.setup.images)
    (ff,) = studies.runs_of(StudySetup(own, each.study, {**each.wanted, "method": "ff"}))
    return PlannedRuns(
        backprop.setup,
        tuple(
            mine.changed(
                {
                    **theirs.data.augmentation,
                    "phases.0.epochs": theirs.phases[0].epochs,
                }
            )
            for mine, theirs in zip(backprop.experiments, ff.experiments, strict=True)
        ),
    )
