import pytest

from fftui.errors import ExperimentError, RunNotFoundError
from fftui.runs.folder import RunFolder


def test_a_damaged_record_and_experiment_are_named(folder: RunFolder) -> None:
    folder.run_json.write_text('{"id": ')
    with pytest.raises(
        RunNotFoundError, match=r"run\.json is damaged .* fftui run --config .*experiment\.toml"
    ):
        folder.record()
    folder.experiment_path.write_text("name = ")
    with pytest.raises(ExperimentError, match=r"experiment\.toml is not valid TOML"):
        folder.experiment()
