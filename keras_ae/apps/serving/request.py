"""The request for conversions of exported heads, checked before TensorFlow is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.files import check_new
from keras_ae.serving.card_signatures import check_numeric
from keras_ae.serving.runtimes.packages import check_runtimes, converted_files
from keras_ae.serving.versions import find_version, served_name

__all__ = ["ConversionRequest"]


@dataclass(frozen=True)
class ConversionRequest:
    """Heads, the runtimes to convert them to, and where the files go.

    Attributes:
        folders: The folder of each head's version.
        runtimes: Names of runtimes.
        output: The folder to write to.
    """

    folders: tuple[Path, ...]
    runtimes: tuple[str, ...]
    output: Path

    @classmethod
    def of(
        cls,
        models: Path,
        name: str,
        heads: Sequence[str],
        runtimes: Sequence[str],
        version: int | None = None,
        output: Path | None = None,
        force: bool = False,
    ) -> ConversionRequest:
        """Checks a request.

        Args:
            models: The folder of all exported models.
            name: The model's name.
            heads: Names of its heads.
            runtimes: Names of runtimes.
            version: The version's number; otherwise the stable one.
            output: The folder to write to; otherwise `<models>/converted`.
            force: Whether to replace existing files.

        Returns:
            The request.

        Raises:
            InputError: A runtime or its packages, a head or the version is missing, a head takes or gives
                words, or a file already exists or cannot be written.
        """
        folders = tuple(find_version(models, name, head, version) for head in heads)
        check_runtimes(runtimes)
        for folder in folders:
            check_numeric(folder, f"converting to {', '.join(runtimes)}")
        output = output or models / "converted"
        for folder in folders:
            for runtime in runtimes:
                for file in converted_files(served_name(folder.parent), runtime, output):
                    check_new(file, force)
        return cls(folders, tuple(runtimes), output)
