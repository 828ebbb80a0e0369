"""Files of published data sets, fetched once into the Keras cache and checked by their hash."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from urllib.parse import quote

import keras

from keras_ae.errors import InputError


def download(name: str, origin: str, folder: str, sha256: str) -> Path:
    """A file in the Keras cache, fetched when it is not there, and checked either way.

    Raises InputError with the place to put the file by hand when it cannot be fetched.
    """
    cache = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    target = cache / "datasets" / folder / name
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
    except Exception as error:  # get_file raises a bare Exception where the fetch fails
        raise InputError(
            f"could not fetch {origin}{name} ({' '.join(str(error).split())}); put the file at {target} "
            f"(sha256 {sha256}) and try again"
        ) from error


@cache
def read_manifest(manifest: Path) -> dict[str, str]:
    """The sha256 of each file that a manifest lists, by its path below the cache's folder of data sets."""
    lines = manifest.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
