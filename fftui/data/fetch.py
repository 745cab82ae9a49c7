"""Downloads a data set into the data folder, by torchvision."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError

from fftui.data.catalogue import SETS, DataName, Source
from fftui.data.sources import loader_class
from fftui.data.verify import SetStatus, data_folder, found_files, refusal, set_status
from fftui.errors import DataError

TIMEOUT_S = 30.0  # without an answer from the server


def get_set(name: DataName, folder: Path | None = None) -> SetStatus:
    """Download a data set unless it is present, and check its files; damaged files are replaced.

    `folder` holds the data sets (see `data_folder`). Progress goes to stderr. Raises DataError
    where the folder cannot be used, the download fails or its content is not the published one, and
    for an own set that is not in order: there is nowhere to fetch it from.
    """
    status = set_status(name, folder)
    if status.state == "present":
        return status
    source = SETS[name].source if name in SETS else None
    if status.state == "unreadable" or source is None:
        raise refusal(name, status.where, status.state, status.detail)
    root = data_folder(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _socket_timeout(TIMEOUT_S):
            _download(name, source, root)
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


def _download(name: DataName, source: Source, root: Path) -> None:
    from torchvision.datasets.utils import (  # noqa: PLC0415 - takes seconds to import
        download_and_extract_archive,
        download_url,
    )

    loader = loader_class(source)
    if hasattr(loader, "split_list"):
        for split in ("train", "test"):
            url, file, md5 = loader.split_list[split][:3]
            download_url(url, root, file, md5)
    elif hasattr(loader, "train_list"):
        download_and_extract_archive(loader.url, root, filename=loader.filename, md5=loader.tgz_md5)
    else:
        # These classes unpack nothing while all files are there, whatever is in them.
        for found in found_files(name, root, verify=True):
            if found.state == "damaged":
                (root / found.file.path).unlink(missing_ok=True)
        for arguments in dict.fromkeys((source.train, source.test)):
            loader(root, download=True, **dict(arguments))


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
