"""Files of the model store, in a directory or at any URL that fsspec knows. Each is written whole and once."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from config.errors import OperatorError, SettingsError


class StoreUnavailableError(OperatorError):
    """The model store cannot be reached, or does not hold what it should (yet)."""


class MissingFileError(StoreUnavailableError):
    """The store was reached, and has no such file: it is on its way, or was pruned after it had been listed."""


class ModelFiles:
    """Files by their names, which may have folders in them. Blocking: call it in a thread from an event loop.

    Every call raises StoreUnavailableError when the store cannot be reached, whatever its driver raises then.
    """

    def __init__(self, url: str) -> None:
        """`url` is a directory, or a URL such as `s3://bucket/models`. Raises SettingsError when it cannot be used."""
        try:
            filesystem, root = fsspec.url_to_fs(url)
        except (ValueError, ImportError, OSError) as error:
            raise SettingsError(f"TIDEGATE_MODEL_DIR: {url}: {error}") from error
        self._files: Any = filesystem
        self._root: str = root.rstrip("/")
        self.url = url

    def read(self, name: str) -> bytes:
        """The content. Raises MissingFileError when there is no such file."""
        try:
            self._files.invalidate_cache()
            content: bytes = self._files.cat_file(self._path(name))
        except FileNotFoundError as error:
            raise MissingFileError(f"{self.url} has no {name} (TIDEGATE_MODEL_DIR)") from error
        except Exception as error:
            raise self._unavailable(error) from error
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file: all of it or nothing, even when the machine fails. One that is there stays as it is."""
        try:
            if isinstance(self._files, LocalFileSystem):
                _write_locally(Path(self._path(name)), content)
            else:
                with suppress(FileExistsError):  # an upload becomes visible when it is complete
                    self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
                    self._files.pipe_file(self._path(name), content, mode="create")
        except Exception as error:
            raise self._unavailable(error) from error

    def names(self, folder: str) -> list[str]:
        """Names, without the folder, of the files in a folder; none when it does not exist."""
        try:
            self._files.invalidate_cache()
            found = self._files.ls(self._path(folder), detail=True)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise self._unavailable(error) from error
        return sorted(entry["name"].rpartition("/")[2] for entry in found if entry["type"] == "file")

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        try:
            with suppress(FileNotFoundError):
                self._files.rm_file(self._path(name))
        except Exception as error:
            raise self._unavailable(error) from error

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _unavailable(self, error: Exception) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"The model store {self.url} cannot be used (TIDEGATE_MODEL_DIR): {type(error).__name__}: {error}"
        )


def _write_locally(path: Path, content: bytes) -> None:
    """Through a file beside it, which takes the name only when it is complete and on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
