"""Files of published data sets, fetched once into the Keras cache and checked by their hash."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

from keras_ae.errors import InputError

__all__ = ["download", "read_manifest"]


def download(name: str, origin: str, folder: str, sha256: str | None) -> Path:
    """A file in the Keras cache: downloaded if it is not there, and checked in either case.

    Args:
        name: Name of the file.
        origin: The address of its folder, ending in a slash.
        folder: Below the cache's folder of data sets.
        sha256: Of the file's content; None for an archive that its host may compress anew, whose members the
            caller checks.

    Returns:
        The path in the cache.

    Raises:
        InputError: If it cannot be downloaded; the message says where to put it by hand.
    """
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    target = cache / "datasets" / folder / name
    import keras  # and TensorFlow with it, which no file that is there takes

    try:
        return Path(
            keras.utils.get_file(
                name,
                origin + quote(name),
                cache_subdir=f"datasets/{folder}",
                file_hash=sha256,
                cache_dir=str(cache),
            )
        )
    except Exception as error:  # get_file raises a bare Exception if the download fails
        raise InputError(
            f"could not fetch {origin}{name} ({' '.join(str(error).split())}); put the file at {target} "
            f"{f'(sha256 {sha256}) ' if sha256 else ''}and try again"
        ) from error


@cache
def read_manifest(manifest: Path) -> dict[str, str]:
    """The sha256 of each file that a manifest lists.

    Args:
        manifest: A file of lines "sha256  path".

    Returns:
        sha256 by path below the cache's folder of data sets.
    """
    lines = manifest.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
