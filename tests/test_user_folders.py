import os
import pwd
import tempfile
from pathlib import Path

import pytest

from fftui.errors import RequestError
from fftui.user_folders import user_config_folder, user_data_folder


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a user without a home and a name gets, which is not there yet."""

    def nobody(number: int) -> None:
        msg = f"getpwuid(): uid not found: {number}"
        raise KeyError(msg)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / f"fftui-{os.getuid()}"


def test_with_a_home_folders_are_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert tmp_path in user_config_folder().parents
    assert tmp_path in user_data_folder().parents


def test_without_a_home_folders_are_temporary(homeless: Path) -> None:
    assert user_config_folder() == user_data_folder() == homeless
    homeless.mkdir()
    assert user_config_folder() == homeless


def test_a_temporary_folder_of_somebody_else_is_refused(homeless: Path, tmp_path: Path) -> None:
    homeless.symlink_to(tmp_path)
    with pytest.raises(RequestError, match="not a folder of yours: set HOME"):
        user_config_folder()
