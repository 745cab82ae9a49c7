"""Versions, and whether the libraries that compute, and the plugins, load at all."""

import importlib
import platform
import sys

import fftui
from fftui.doctor.checks import Check, Section, first_line
from fftui.plugins import load_plugins, plugin_failures
from fftui.runs import provenance

OWN_LINE = ("python", "fftui", "torch", "torchvision")


def load(library: str) -> str | None:
    """Load a library; returns the reason why it does not load, or None.

    A library that does not fit another (or a C library that is missing) fails in any of these ways.
    """
    try:
        importlib.import_module(library)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        return first_line(error)
    return None


def software_section(torch_fault: str | None, torchvision_fault: str | None) -> Section:
    """Versions, and the plugins that cannot be loaded; the faults are why torch and torchvision do
    not load (see `load`).
    """
    versions = provenance.versions()
    return Section(
        "versions",
        "Versions",
        (
            _fftui(),
            _python(),
            Check("system", "system", "ok", platform.platform(), platform.platform()),
            _torch(torch_fault),
            _torchvision(versions.get("torchvision"), torchvision_fault),
            _others({name: version for name, version in versions.items() if name not in OWN_LINE}),
            *_plugins(),
        ),
    )


def _fftui() -> Check:
    revision = provenance.source_revision()
    value = {"version": fftui.__version__, "source_revision": revision}
    commit, changed, _ = (revision or "").partition("-dirty")
    origin = (
        f"from commit {commit[:12]}{', with changes' if changed else ''}"
        if revision
        else "installed"
    )
    return Check("fftui", "fftui", "ok", value, f"{fftui.__version__}, {origin}")


def _python() -> Check:
    version = platform.python_version()
    return Check("python", "Python", "ok", version, f"{version}, {sys.executable}")


def _torch(fault: str | None) -> Check:
    if fault is not None:
        advice = (
            "nothing learns without it: install it again, as https://pytorch.org/get-started says"
            " for this machine"
        )
        return Check("torch", "torch", "broken", None, f"does not load: {fault}", advice)
    import torch  # noqa: PLC0415

    cuda, rocm = torch.version.cuda, torch.version.hip
    kind = f"CUDA {cuda}" if cuda else f"ROCm {rocm}" if rocm else "the CPU alone"
    value = {"version": str(torch.__version__), "cuda": cuda, "rocm": rocm}
    return Check("torch", "torch", "ok", value, f"{torch.__version__}, built for {kind}")


def _torchvision(version: str | None, fault: str | None) -> Check:
    if fault is None:
        return Check("torchvision", "torchvision", "ok", version, version or "loads")
    advice = (
        "it would read every data set but mnist-mini: install the version that goes with this torch"
    )
    return Check("torchvision", "torchvision", "missing", None, f"does not load: {fault}", advice)


def _others(versions: dict[str, str]) -> Check:
    text = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Check("others", "others", "ok", versions, text)


def _plugins() -> list[Check]:
    """A line for each plugin that fails: without it the kinds that it adds are unknown."""
    load_plugins()
    return [
        Check(
            f"plugin {failure.name}",
            "plugin",
            "missing",
            failure.error,
            f"{failure.name} of {failure.distribution} cannot be loaded: {failure.error}",
            "what it adds is missing: repair it, install it again, or uninstall it",
        )
        for failure in plugin_failures()
    ]
