from .api import Run as Run
from .api import add_data as add_data
from .api import list_runs as list_runs
from .api import load_config as load_config
from .api import load_data as load_data
from .api import load_preset as load_preset
from .api import open_run as open_run
from .api import resume as resume
from .api import run as run
from .api import train as train
from .errors import DataError as DataError
from .errors import ExperimentError as ExperimentError
from .errors import FFTUIError as FFTUIError
from .errors import RequestError as RequestError
from .errors import RunFailedError as RunFailedError
from .errors import RunNotFoundError as RunNotFoundError
from .experiment import Experiment as Experiment
from .experiment import LayerConfig as LayerConfig
from .experiment import PhaseConfig as PhaseConfig
from .experiment import as_backprop as as_backprop
from .extend import register_layer as register_layer
from .extend import register_rule as register_rule
from .learning.activations import activation as activation
from .learning.goodness import goodness as goodness
from .learning.losses import loss as loss
from .tui.charts.chart_registry import register_chart as register_chart

__version__: str
