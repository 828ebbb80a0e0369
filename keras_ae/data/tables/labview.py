"""Measurement files of LabVIEW (.lvm): what stands above their rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from keras_ae.data.tables.writing import Writing

__all__ = ["COMMENT", "is_labview", "without_headers"]

COMMENT = "Comment"
"""The name of a last column that only some rows have."""

_SEPARATORS = {"tab": "\t", "comma": ","}


def is_labview(lines: Sequence[str]) -> bool:
    """Whether lines are those of a measurement file of LabVIEW.

    Args:
        lines: Lines at the beginning of a text.

    Returns:
        Whether they are.
    """
    return lines[0].startswith("LabVIEW Measurement")


def without_headers(lines: Sequence[str], known: Writing) -> tuple[list[str], Writing]:
    """A measurement file without its headers, of a line for each setting, and with one name a column.

    Args:
        lines: Lines at its beginning.
        known: What is known of the file.

    Returns:
        As many lines, which are empty in the place of headers, and without the column of comments in that of
        names; and what is known with the separator and the decimal mark of the header.
    """
    ends = [at for at, line in enumerate(lines) if line.startswith("***End_of_Header***")]
    end = ends[-1] + 1 if ends else 0
    pairs = (re.split(r"[\t,]", line.strip(), maxsplit=1) for line in lines[:end])
    settings = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    bare = ["\n"] * end + list(lines[end:])
    if end < len(bare):
        bare[end] = re.sub(rf"[\t,]{COMMENT}\s*$", "\n", bare[end])
        columns = len(re.findall(r"[\t,]", bare[end]))
        bare[end + 1 :] = [_without_comment(line, columns) for line in bare[end + 1 :]]
    separator = known.separator or _SEPARATORS.get(settings.get("Separator", "").strip().lower(), "")
    decimal = known.decimal or settings.get("Decimal_Separator", "").strip()
    return bare, replace(known, separator=separator, decimal=decimal if decimal in (".", ",") else "")


def _without_comment(line, columns):
    """A row without its last cell, where it has one more than there are names."""
    separators = list(re.finditer(r"\t" if "\t" in line else ",", line))
    return line[: separators[columns].start()] + "\n" if len(separators) > columns else line
