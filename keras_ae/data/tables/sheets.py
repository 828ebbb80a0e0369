"""Sheets of workbooks of Excel as text, so that they are read by the rules of texts."""

from __future__ import annotations

import csv
import functools
import io
import os
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from keras_ae.data.examples import LARGEST
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["read_sheet"]


def read_sheet(path: str | Path) -> tuple[str, str]:
    """Reads the first sheet of a workbook that holds values.

    Args:
        path: An .xlsx or .xlsm file.

    Returns:
        The sheet as rows of comma-separated values; and its name, with the number of sheets if there are
        more.

    Raises:
        InputError: openpyxl is not installed, or the file is no workbook, too large, or empty.
    """
    try:
        facts = os.stat(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    return _read(str(path), facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=1)  # the beginning is looked at before all is read
def _read(path, *_):
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise InputError(f"{path} needs openpyxl: {install_command('excel')}; or save it as CSV") from error
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise InputError(f"{path} takes {size / 2**30:.1f} GiB unpacked; use fewer columns or rows")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            for sheet in sheets:
                text = _text(sheet)
                if text:
                    more = f" (one of {len(sheets)})" if len(sheets) > 1 else ""
                    return text, f"sheet {sheet.title!r}{more}"
        finally:
            book.close()
    except InputError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path} cannot be read as a workbook ({reason}); save it anew, or as CSV"
        ) from error
    raise InputError(f"expected a table in {path}, found empty sheets; check the path")


def _text(sheet: Any) -> str:
    """A sheet as rows of text, without empty columns at its sides and empty rows at its end."""
    rows = [list(map(_cell, row)) for row in sheet.iter_rows(values_only=True)]
    used = [index for row in rows for index, cell in enumerate(row) if cell]
    if not used:
        return ""
    first, width = min(used), max(used) + 1
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        if any(row):
            writer.writerow((row + [""] * width)[first:width])
        else:
            text.write("\n")
    return text.getvalue().rstrip("\n") + "\n"


def _cell(value: Any) -> str:
    """The value of a cell as text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, timedelta):
        return repr(value.total_seconds())
    return value.strip() if isinstance(value, str) else str(value)
