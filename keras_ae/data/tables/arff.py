"""Files of Weka (ARFF) as text, so that they are read by the rules of texts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["read_arff"]

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?:\\.|[^'])*'|"(?:\\.|[^"])*"|[^\s{]+)\s*(.*)""", re.IGNORECASE)
_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_BEFORE_COMMA = re.compile(rf"\s*({_QUOTED}|[^,]*?)\s*(,|$)")
_BEFORE_BLANK = re.compile(rf"\s*({_QUOTED}|\S*)(\s+|$)")
_PAIR = re.compile(rf"(\d{{1,7}})\s+({_QUOTED}|[^,\s]+)")


def read_arff(path: str | Path) -> tuple[str, str]:
    """Reads the instances of a file of Weka.

    Args:
        path: An .arff file.

    Returns:
        The instances as rows of comma-separated values below the names of the attributes; and "ARFF".

    Raises:
        InputError: The file has no attributes, relational ones, or instances of another length.
    """
    text, names, absent = io.StringIO(), [], []
    writer = csv.writer(text, lineterminator="\n")
    with open(path, encoding="utf-8", errors="surrogateescape", newline=None) as file:
        lines = enumerate(file, 1)
        for _, line in lines:
            if line.strip().lower().startswith("@data"):
                break
            if attribute := _ATTRIBUTE.match(line.strip()):
                name, kind = attribute.groups()
                if kind.lower().startswith("relational"):
                    raise InputError(f"{path} has relational attributes; write their values as columns")
                names.append(_bare(name))
                absent.append(_first_of(kind))
        if not names:
            raise InputError(f"expected @attribute lines in {path}, found none; check the path")
        writer.writerow(names)
        for number, cells in _instances(lines, absent):
            if len(cells) != len(names):
                raise InputError(
                    f"expected {len(names)} values in each instance of {path}; line {number:,} has "
                    f"{len(cells)}; correct that line, or remove it"
                )
            writer.writerow(cells)
    return text.getvalue().encode("utf-8", "replace").decode(), "ARFF"


def _instances(lines: Iterable[tuple[int, str]], absent: list[str]) -> Iterable[tuple[int, list[str]]]:
    """The number of each line of values, and these."""
    for number, line in lines:
        line = line.strip()
        if not line or line.startswith("%"):
            continue
        if not line.startswith("{"):
            yield number, _cells(line)
            continue
        cells = list(absent)
        for index, value in _PAIR.findall(line[1 : line.rfind("}")]):
            if int(index) >= len(cells):
                cells += [""] * (int(index) + 1 - len(cells))  # so many are refused
            cells[int(index)] = _bare(value)
        yield number, cells


def _cells(line: str) -> list[str]:
    """The values of a line, which commas separate, or else blanks; texts may be in either kind of quotes."""
    pattern, cells, end = (_BEFORE_COMMA if "," in line else _BEFORE_BLANK), [], 0
    while match := pattern.match(line, end):
        cells.append(_bare(match[1]))
        end = match.end()
        if not match[2]:
            break
    return cells


def _first_of(kind: str) -> str:
    """What a sparse instance holds of an attribute that it leaves out: 0, or the first of its words."""
    return (_cells(kind.strip()[1:].rstrip("} ")) or ["0"])[0] if kind.startswith("{") else "0"


def _bare(text: str) -> str:
    """A text without the quotes around it."""
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text
