"""A workbench for Forward-Forward learning, in the terminal and from Python.

    import fftui

    experiment = fftui.load_preset("ff", data="mnist", overrides={"phases.0.epochs": 5})
    run = fftui.run(experiment)
    network = run.network()

The public names stand in `__init__.pyi` and are loaded when they are first used: `import fftui`
loads neither torch nor Polars nor Textual.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
