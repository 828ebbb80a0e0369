"""Objects at addresses that fsspec understands, such as s3://, gs://, https:// and memory://."""

from __future__ import annotations

import logging
import posixpath
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NoReturn

from keras_ae.addresses import is_address, scheme_of, with_secrets, without_secrets
from keras_ae.data.sources.object_facts import is_missing, leads_out, name_here, version_of
from keras_ae.data.sources.source import MOST_COPIED, DataSource, Unreachable
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["RemoteObject"]

MOST_FILES = 1_000_000
"""Files below a folder, at most."""

TOLD = 2**26
"""Bytes from which a copy is told before it is made."""

LOG = logging.getLogger(__name__)

_BLOCK, _AT_ONCE = 2**22, 512


@dataclass(frozen=True)
class RemoteObject(DataSource):
    """A file, or all files below a folder, at an address such as s3://bucket/rows.csv or https://..."""

    priority: ClassVar[int] = 40
    form: ClassVar[str] = "ADDRESS"

    @classmethod
    def accepts(cls, text: str) -> RemoteObject | None:
        return cls(text) if is_address(text) and scheme_of(text) != "file" else None

    @property
    def title(self) -> str:
        return PurePosixPath(name_here(self.text)).stem

    def version(self) -> str:
        system, path, info = self._opened()
        if info["type"] != "directory":
            return version_of(info)
        files = self._files(system, path)
        each = [(name, version_of(one)) for name, one in files.items()]
        return repr(each) if all(version for _, version in each) else ""

    def bring(self, folder: Path) -> Path:
        system, path, info = self._opened()
        target = folder / name_here(self.text)
        if info["type"] != "directory":
            self._check_size(info.get("size") or 0, folder)
            self._copy(system, path, target, info.get("size"))
            return target
        files = self._files(system, path)
        lacking = [name for name, one in files.items() if one.get("size") is None]
        if lacking:
            raise InputError(
                f"{self.text} does not say how large its files are, such as {lacking[0]}; copy them, and "
                "give the folder"
            )
        self._check_size(sum(one["size"] for one in files.values()), folder)
        here = {one["name"]: target / name for name, one in files.items()}
        for parent in {file.parent for file in here.values()}:
            parent.mkdir(parents=True, exist_ok=True)
        names = list(here)
        try:
            for first in range(0, len(names), _AT_ONCE):
                some = names[first : first + _AT_ONCE]
                system.get(some, [str(here[name]) for name in some])
        except Exception as error:
            self._refuse(error)
        for name, one in files.items():
            if not (target / name).is_file() or (target / name).stat().st_size != one["size"]:
                raise InputError(f"{name} of {self.text} changed while it was copied; try again")
        return target

    def check_new(self, force: bool) -> None:
        """Checks that a file may be written at the address.

        Args:
            force: Whether it may be replaced.

        Raises:
            InputError: There is one, the address names no file, or cannot be reached.
        """
        if self.text.endswith("/") or "?" in self.text:
            raise InputError(f"expected the address of a file to write, received {self.text}; name a file")
        system, path = self._system()
        try:
            exists = not force and bool(system.info(path))
        except FileNotFoundError as error:
            if not is_missing(error):
                self._refuse(error)
            exists = False
        except Exception as error:
            self._refuse(error)
        if exists:
            raise InputError(f"{self.text} already exists; name another --output, or replace it with --force")

    def send(self, folder: Path) -> None:
        """Writes files to where the address is.

        Args:
            folder: The folder of the files.

        Raises:
            InputError: They cannot be written.
        """
        system, path = self._system()
        try:
            for file in sorted(folder.iterdir()):
                system.put_file(str(file), posixpath.join(posixpath.dirname(path), file.name))
        except NotImplementedError:
            raise InputError(
                f"nothing can be written to {scheme_of(self.text)}://; write a file here, and send it"
            ) from None
        except Exception as error:
            self._refuse(error)

    def _opened(self) -> tuple[Any, str, dict[str, Any]]:
        """The file system, the path in it, and what it says of it."""
        system, path = self._system()
        try:
            return system, path, system.info(path)
        except Exception as error:
            self._refuse(error)

    def _system(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        try:
            from fsspec.core import url_to_fs
        except ModuleNotFoundError as error:
            raise InputError(
                f"{self.text} needs fsspec: {install_command('remote')}; or copy it, and give the path"
            ) from error
        if "::" in self.text:
            raise InputError(f"expected one address, {self.text} chains several; copy it, and give the path")
        try:
            system, path = url_to_fs(with_secrets(self.text), skip_instance_cache=True)
            return system, path
        except Exception as error:
            self._refuse(error)

    def _files(self, system: Any, path: str) -> dict[str, dict[str, Any]]:
        """What is said of the files below a folder, by their paths in it."""
        try:
            found = system.find(path, detail=True)
        except Exception as error:
            self._refuse(error)
        top = path.rstrip("/") + "/"
        files = {name.removeprefix(top): one for name, one in sorted(found.items()) if not name.endswith("/")}
        odd = [name for name in files if leads_out(name)]
        if odd:
            raise InputError(f"{self.text} has a file {odd[0]!r}, whose name leads out of it; rename it")
        if not files or len(files) > MOST_FILES:
            raise InputError(
                f"expected from 1 to {MOST_FILES:,} files below {self.text}, found {len(files):,}; "
                "name another folder"
            )
        return files

    def _check_size(self, size: int, folder: Path) -> None:
        if size > MOST_COPIED:
            raise InputError(
                f"{self.text} takes {size / 2**30:.1f} GiB, at most {MOST_COPIED / 2**30:g} are copied; "
                "copy it yourself, and give the path"
            )
        free = shutil.disk_usage(folder).free
        if size > TOLD:
            LOG.info("%s: copying %.2f GiB", self.text, size / 2**30)
        if size > free:
            raise InputError(
                f"{self.text} takes {size / 2**30:.2f} GiB, and {folder.parent.parent} has "
                f"{free / 2**30:.2f} GiB left; name a folder on another disk with KERAS_HOME"
            )

    def _copy(self, system: Any, path: str, target: Path, size: int | None) -> None:
        copied, most = 0, MOST_COPIED if size is None else size
        try:
            with system.open(path, "rb") as source, target.open("wb") as file:
                while block := source.read(_BLOCK):
                    copied += len(block)
                    if copied > most:
                        break
                    file.write(block)
        except Exception as error:
            self._refuse(error)
        if size is None and copied > most:
            self._check_size(copied, target.parent)
        if size is not None and copied != size:
            raise InputError(f"{self.text} changed while it was copied; try again")

    def _refuse(self, error: BaseException) -> NoReturn:
        """Raises what went wrong in a file system, of whose messages secrets are left out, in one line."""
        reason = without_secrets(" ".join(str(error).split()))[:300] or type(error).__name__
        if isinstance(error, InputError):
            raise error
        if isinstance(error, FileNotFoundError) and not is_missing(error):
            self._refuse(error.__cause__ or error)
        if isinstance(error, FileNotFoundError):
            raise InputError(f"there is nothing at {self.text}; check the address") from None
        if isinstance(error, ImportError):
            raise InputError(
                f"{self.text} needs a package ({reason}): {install_command('remote')}, or install that one"
            ) from None
        if isinstance(error, ValueError) and "rotocol" in reason:
            raise InputError(
                f"{self.text} begins with {scheme_of(self.text)}://, which fsspec does not know; use "
                "s3://, gs://, https://, or copy it, and give the path"
            ) from None
        public = "; FSSPEC_S3_ANON=true reads public buckets" * (scheme_of(self.text) == "s3")
        raise Unreachable(
            f"{self.text} cannot be read ({reason}); check the address, and the credentials, which are taken "
            f"from the environment{public}"
        ) from None
