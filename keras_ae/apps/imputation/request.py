"""What a caller asks of an imputation, checked before any work."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from keras_ae.data.tables.suffixes import FRAMES, RECORDS, SHEETS, TEXTS, holds_rows
from keras_ae.errors import InputError
from keras_ae.files import check_folder, check_new
from keras_ae.serving.versions import find_exported, find_version, head_folders, versions

__all__ = ["HEAD", "ImputationRequest", "find_imputer"]

HEAD = "imputer"
"""The name of the head that fills in missing values."""

WRITTEN = (".csv", ".tsv", ".txt")
"""Suffixes of files that filled rows are written to."""


def find_imputer(models: Path, text: str, source: str, version: int | None = None) -> Path:
    """The folder of a model's exported imputer.

    Args:
        models: The folder of all exported models.
        text: The model's name, its recipe's, or the path of that recipe's .py file.
        source: The file to fill in, for the message.
        version: The version's number; otherwise the one labeled stable.

    Returns:
        The version's folder.

    Raises:
        InputError: If there is no such model, it did not learn to fill in values, or not that version.
    """
    name = find_exported(models, text)
    if not versions(models / name / HEAD):
        there = [folder.parent.name for folder in head_folders(models) if folder.name == HEAD]
        raise InputError(
            f"{name} did not learn to fill in missing values, so it has no {HEAD}; below {models}, "
            f"{', '.join(there) or 'no model'} has one; train one: keras-ae train imputation --data "
            f"{shlex.quote(source)}"
        )
    return find_version(models, name, HEAD, version)


@dataclass(frozen=True)
class ImputationRequest:
    """A file of rows to fill in.

    Attributes:
        source: The file.
        output: The copy to write, with the missing values filled in.
        cells: The file to write that lists the values that were filled in.
        flags: Whether the copy gets a column for each column that was filled, 1 where it was.
    """

    source: Path
    output: Path
    cells: Path
    flags: bool = False

    @classmethod
    def of(
        cls, source: str, model: str, output: Path | None = None, force: bool = False, flags: bool = False
    ) -> ImputationRequest:
        """Checks a request before any work is done.

        Args:
            source: The path of a file of rows.
            model: The name of the model that fills.
            output: The copy to write; by default `imputed/<model>/<name of the source>.csv`.
            force: Whether to replace existing files.
            flags: See the attribute.

        Returns:
            The request.

        Raises:
            InputError: There is no such file, or the output exists or cannot be written.
        """
        if not holds_rows(source) or not os.path.isfile(source):
            kinds = ", ".join((*TEXTS, *SHEETS, *FRAMES, *RECORDS))
            raise InputError(f"expected a file of rows ({kinds}), received {source}; check the path")
        name = Path(source).name
        output = output or Path("imputed", model, f"{name.partition('.')[0]}.csv")
        if output.suffix not in WRITTEN:
            raise InputError(
                f"expected --output to be named {' or '.join(f'*{end}' for end in WRITTEN)}; received "
                f"{str(output)!r}; add one of these"
            )
        cells = output.with_name(f"{output.stem}.cells.csv")
        for file in (output, cells):
            if file.resolve() == Path(source).resolve():
                raise InputError(f"{file} is the input itself, which is not changed; name another --output")
            check_new(file, force)
        check_folder(output.parent, "--output")
        return cls(Path(source), output, cells, flags)
