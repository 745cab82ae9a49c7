"""Events: every fact that a training states, one small frozen dataclass each, and their JSON form.

Layers, phases and epochs count from 1. Times are seconds, memory bytes, accuracies fractions of 1.
Missing is None. `Stepped` is progress for a live display: a journal keeps one of them a second, and
every event of another kind.

The annotations are also what `from_json` accepts, so that whatever is read can be summed, put into
tables and drawn. Constructing an event checks nothing: a training states thousands a second.
"""

from fftui.events.accuracy_events import Evaluated, LayersChosen
from fftui.events.event import EVENTS, JSON_KEYS, Event
from fftui.events.event_json import from_json, to_json
from fftui.events.field_types import (
    END_OF_TIME,
    MAX_AMOUNT,
    MAX_COUNT,
    Amount,
    Count,
    Fraction,
    Ordinal,
    UnixSeconds,
)
from fftui.events.learning_events import (
    EpochFinished,
    LayerDiverged,
    LayerFinished,
    LayerMeans,
    LayerStarted,
    MeansSoFar,
    PhaseStarted,
    Stepped,
)
from fftui.events.machine_events import (
    METRICS,
    MachineDescribed,
    Metric,
    MetricsUnavailable,
    OtherGpusSampled,
    RankDescribed,
    RankSampled,
    TelemetryEnded,
    TelemetrySampled,
    WindowMeasured,
)
from fftui.events.moment import Doing, EpochKey, Moment, StageKey
from fftui.events.run_events import (
    FORMAT,
    Checkpointed,
    ControlAction,
    ControlRequested,
    Noted,
    RunFinished,
    RunStarted,
    Status,
    StatusChanged,
    newer_format,
)

__all__ = [
    "END_OF_TIME",
    "EVENTS",
    "FORMAT",
    "JSON_KEYS",
    "MAX_AMOUNT",
    "MAX_COUNT",
    "METRICS",
    "Amount",
    "Checkpointed",
    "ControlAction",
    "ControlRequested",
    "Count",
    "Doing",
    "EpochFinished",
    "EpochKey",
    "Evaluated",
    "Event",
    "Fraction",
    "LayerDiverged",
    "LayerFinished",
    "LayerMeans",
    "LayerStarted",
    "LayersChosen",
    "MachineDescribed",
    "MeansSoFar",
    "Metric",
    "MetricsUnavailable",
    "Moment",
    "Noted",
    "Ordinal",
    "OtherGpusSampled",
    "PhaseStarted",
    "RankDescribed",
    "RankSampled",
    "RunFinished",
    "RunStarted",
    "StageKey",
    "Status",
    "StatusChanged",
    "Stepped",
    "TelemetryEnded",
    "TelemetrySampled",
    "UnixSeconds",
    "WindowMeasured",
    "from_json",
    "newer_format",
    "to_json",
]
