"""What is known of an object at an address: its name here, its version, and whether it is missing."""

from __future__ import annotations

import os
import posixpath
from typing import Any
from urllib.parse import unquote

from keras_ae.names import slug

__all__ = ["is_missing", "leads_out", "name_here", "version_of"]

VERSIONS = (
    "ETag", "etag", "Content-MD5", "md5Hash", "md5", "content_md5", "generation", "LastModified",
    "Last-Modified", "last_modified", "mtime", "updated", "modified", "created",
)  # fmt: skip
"""What file systems say of the content of an object, the surest first."""


def is_missing(error: FileNotFoundError) -> bool:
    """Whether nothing is there; on the web, fsspec raises this error whatever fails.

    Args:
        error: The error of a file system.

    Returns:
        Whether it has no cause, or that of a page that is not found.
    """
    cause = error.__cause__
    return cause is None or (type(cause).__name__ == "ClientResponseError" and str(cause).startswith("404"))


def name_here(address: str) -> str:
    """The name of a copy: the last part of an address, as a file here may be called.

    Args:
        address: The address.

    Returns:
        The name.
    """
    path = address.partition("://")[2].partition("?")[0].partition("#")[0].rstrip("/")
    name = posixpath.basename(unquote(posixpath.basename(path)).replace("\\", "/"))
    stem, suffix = os.path.splitext(name)
    return name if name and name.isprintable() and not name.startswith(".") else slug(stem) + suffix


def version_of(info: dict[str, Any]) -> str:
    """What changes with an object's content.

    Args:
        info: What the file system says of it.

    Returns:
        The version; "" if it says nothing of the kind.
    """
    marks = [f"{key}={info[key]}" for key in VERSIONS if info.get(key)]
    return f"{info.get('size')} {marks[0]}" if marks else ""


def leads_out(name: str) -> bool:
    """Whether a name is of a file outside of the folder that it stands in.

    Args:
        name: The path of an object in a folder.

    Returns:
        Whether it is.
    """
    parts = name.replace("\\", "/").split("/")
    return not name or name.startswith(("/", "\\")) or ".." in parts or (os.name == "nt" and ":" in name)
