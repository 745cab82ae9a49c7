from .api import Run as Run
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

__version__: str
