"""Downloads a data set into the data folder, by torchvision."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError

from fftui.data.catalogue import DataName
from fftui.data.sources import torchvision_class
from fftui.data.verify import SetStatus, damaged_files, data_folder, refusal, set_status
from fftui.errors import DataError

TIMEOUT_S = 30.0  # without an answer from the server


def get_set(name: DataName, folder: Path | None = None) -> SetStatus:
    """Download a data set unless it is present, and check its files; damaged files are replaced.

    `folder` holds the data sets (see `data_folder`). Progress goes to stderr. Raises DataError
    where the folder cannot be used, the download fails or its content is not the published one.
    """
    status = set_status(name, folder)
    if status.state == "present":
        return status
    if status.state == "unreadable" or name == "mnist-mini":
        raise refusal(name, status.where, status.state, status.detail)
    root = data_folder(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _socket_timeout(TIMEOUT_S):
            _download(name, root)
    except PermissionError as error:
        msg = (
            f"{name} cannot be written to {root} ({(error.strerror or str(error)).lower()}): choose"
            " another --data-dir"
        )
        raise DataError(msg) from None
    except HTTPError as error:
        error.close()  # it is the server's answer too, and holds the connection
        raise _not_fetched(name, root, str(error)) from error
    except (OSError, RuntimeError, EOFError, HTTPException, RecursionError) as error:
        # its own text is a repr of the reason
        cause = error.reason if isinstance(error, URLError) else error
        raise _not_fetched(name, root, str(cause) or type(cause).__name__) from error
    status = set_status(name, folder)
    if status.state != "present":
        raise refusal(name, status.where, status.state, status.detail)
    return status


def _not_fetched(name: DataName, root: Path, reason: str) -> DataError:
    return DataError(
        f"{name} could not be fetched into {root} ({' '.join(reason.split())}): try again, or bring"
        " its files from a machine with internet and point --data-dir or FFTUI_DATA at their"
        " folder"
    )


def _download(name: DataName, root: Path) -> None:
    from torchvision.datasets.utils import (  # noqa: PLC0415 - takes seconds to import
        download_and_extract_archive,
        download_url,
    )

    source = torchvision_class(name)
    match name:
        case "svhn":
            for split in ("train", "test"):
                url, file, md5 = source.split_list[split]
                download_url(url, root, file, md5)
        case "cifar10" | "cifar100":
            download_and_extract_archive(
                source.url, root, filename=source.filename, md5=source.tgz_md5
            )
        case _:
            # This class unpacks nothing while all four files are there, whatever is in them.
            for path in damaged_files(name, root):
                path.unlink()
            source(root, download=True)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torchvision opens its connections without a timeout; a firewall that drops packets would hold
    it forever.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
