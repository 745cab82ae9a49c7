import shutil
import socket

import pytest
import torch
from torchvision.datasets import CIFAR100, SVHN

from fftui.data.fetch import get_set
from fftui.data.sets import load_set
from fftui.errors import DataError


def test_a_set_is_fetched_once(mnist, tmp_path):
    folder = tmp_path / "new" / "folder"
    status = get_set("mnist", folder)
    assert (status.state, status.verified, status.where) == ("present", True, str(folder))
    assert torch.equal(load_set("mnist", "test", folder).images, torch.tensor(mnist.images["test"]))
    shutil.rmtree(tmp_path / "mirror")
    assert get_set("mnist", folder) == status


def test_fetching_says_nothing_on_stdout(mnist, tmp_path, capfd):
    get_set("mnist", tmp_path / "new")
    assert capfd.readouterr().out == ""


def test_a_damaged_file_is_replaced(mnist):
    mnist.files["train"].write_bytes(b"damaged")
    assert get_set("mnist", mnist.folder).verified
    assert torch.equal(
        load_set("mnist", "train", mnist.folder).images, torch.tensor(mnist.images["train"])
    )


def _svhn_from(addresses: dict[str, str], monkeypatch) -> None:
    listed = {split: [addresses[split], *rest] for split, (_, *rest) in SVHN.split_list.items()}
    monkeypatch.setattr(SVHN, "split_list", listed)


def test_svhn_is_fetched_in_two_files(svhn, served, tmp_path, monkeypatch):
    _svhn_from(
        {split: f"{served}/svhn-data/{file.name}" for split, file in svhn.files.items()},
        monkeypatch,
    )
    assert get_set("svhn", tmp_path / "new").verified
    assert len(load_set("svhn", "test", tmp_path / "new")) == len(svhn.labels["test"])


@pytest.mark.filterwarnings(
    "ignore:Python 3.14 will, by default, filter extracted tar:DeprecationWarning"
)
def test_cifar_is_completed_where_only_its_names_are_missing(
    cifar100, served, tmp_path, monkeypatch
):
    shutil.make_archive(str(tmp_path / "archive"), "gztar", cifar100.folder, "cifar-100-python")
    monkeypatch.setattr(CIFAR100, "url", f"{served}/archive.tar.gz")
    monkeypatch.setattr(CIFAR100, "tgz_md5", None)
    (cifar100.folder / "cifar-100-python" / "meta").unlink()
    assert get_set("cifar100", cifar100.folder).verified


def test_a_failed_download_is_one_line_that_says_what_to_do(svhn, served, tmp_path, monkeypatch):
    _svhn_from(dict.fromkeys(svhn.files, f"{served}/absent"), monkeypatch)
    before = socket.getdefaulttimeout()
    with pytest.raises(DataError) as refused:
        get_set("svhn", tmp_path / "new")
    message = str(refused.value)
    assert message.startswith(f"svhn could not be fetched into {tmp_path / 'new'}")
    assert "404" in message
    assert "FFTUI_DATA" in message
    assert "\n" not in message
    assert socket.getdefaulttimeout() == before


def test_a_download_with_other_content_is_refused(svhn, served, tmp_path, monkeypatch):
    _svhn_from(
        dict.fromkeys(svhn.files, f"{served}/svhn-data/{svhn.files['test'].name}"), monkeypatch
    )
    with pytest.raises(DataError, match="could not be fetched"):
        get_set("svhn", tmp_path / "new")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="not a directory"):
        get_set("svhn", tmp_path / "file" / "data")


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    def refuse(path, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.mkdir", refuse)
    with pytest.raises(DataError, match=r"cannot be written to .*permission denied.*--data-dir"):
        get_set("svhn", tmp_path / "new")


def test_the_shipped_set_is_there_already(tmp_path):
    assert get_set("mnist-mini", tmp_path / "new").verified
    assert not (tmp_path / "new").exists()
