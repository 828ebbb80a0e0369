"""How a text file of rows is written: its encoding, separator, header and format of numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_ae.data.tables.converted import read_converted
from keras_ae.data.tables.header_names import check_longer, names_in_header, without_title
from keras_ae.data.tables.headers import MOST_ROWS, find_header, is_remark
from keras_ae.data.tables.number_format import NumberFormat
from keras_ae.data.tables.numbers import choose_format, is_number
from keras_ae.data.tables.profile import Profile
from keras_ae.data.tables.records import BLANKS, cut
from keras_ae.data.tables.separators import SINGLE, choose_separator, names_separator, usual_width
from keras_ae.data.tables.sources import encoding_of, open_text
from keras_ae.data.tables.suffixes import FRAMES, RECORDS, SHEETS, row_suffix
from keras_ae.data.tables.typed_files import frame_names
from keras_ae.errors import InputError

__all__ = ["Dialect", "detect_dialect"]

LOOKED_AT, MOST_LOOKED_AT, FEWEST_LINES = 2**16, 2**24, 20
"""Characters at a file's beginning that its dialect is detected from, and up to how many more where fewer
lines are no remarks."""

MOST_COLUMNS = 10_000


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        encoding: Of the text.
        separator: Between cells; one blank for any number of blanks and tabs.
        names: Names of the columns.
        units: Of the columns, from the line of units below the header; "" for none, () without such a line.
        headed: Whether the file has a header.
        start: The number of lines before the first row.
        width: Cells of a row, with an empty one behind a separator at its end.
        profile: What the columns are like.
        numbers: The format of numbers, as far as the beginning tells.
        is_sure: Whether the beginning tells it.
        has_row_names: Whether the first column is one of row names, for which the header has no name.
        joined: The index of a cell that is one with the next, in dates such as Jan 31, 2024 without quotes;
            or -1.
        before: Cells of each record before the first row.
        remarks: Records before the header.
        has_remarks: Whether some begin with the mark of a remark.
        header: The first line of the header.
        source: What holds the rows, where that is no text.
    """

    encoding: str
    separator: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    headed: bool
    start: int
    width: int
    profile: Profile
    numbers: NumberFormat = NumberFormat()
    is_sure: bool = True
    has_row_names: bool = False
    joined: int = -1
    before: frozenset[tuple[str, ...]] = field(default=frozenset(), repr=False)
    remarks: int = 0
    has_remarks: bool = False
    header: str = ""
    source: str = ""

    @property
    def has_end(self) -> bool:
        """Whether separators stand at the ends of lines."""
        return self.width - (self.joined >= 0) > len(self.names)

    @property
    def note(self) -> str:
        """One line that says how the file was read."""
        separator = {"\t": "tabs", BLANKS: "blanks"}.get(self.separator, repr(self.separator))
        count = "one column" if len(self.names) == 1 else f"{len(self.names)} columns"
        where = "" if self.separator == SINGLE else f" separated by {separator}"
        parts = [count + (f" of {self.source}" if self.source else where)]
        parts += ["separators at the ends of lines"] if self.has_end else []
        place, plural = "header" if self.headed else "rows", "s" * (self.remarks > 1)
        parts += [f"{self.remarks} line{plural} before the {place}"] if self.remarks else []
        parts += [] if self.headed else ["no header, so columns are called column_1, ..."]
        parts += [] if self.encoding.startswith("utf") else [f"encoding {self.encoding}"]
        return "read as " + ", ".join(parts)


def detect_dialect(path: str | Path) -> Dialect:
    """Detects how a file is written, from its beginning.

    Args:
        path: The file.

    Returns:
        The dialect.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has too many columns, or a header
            with fewer names than columns.
    """
    if row_suffix(path) in FRAMES:
        return _typed(path)
    encoding = encoding_of(path)
    lines, is_cut = _beginning(path, encoding)
    is_converted = row_suffix(path) in (*SHEETS, *RECORDS)
    separator = "," if is_converted else choose_separator(lines)
    records = list(cut(lines, separator, where=str(path)))
    if is_cut and len(records) > 1:
        records.pop()  # a quoted cell may be cut off
    if names_separator(lines):
        records.pop(0)
    if all(record.is_blank for record in records):
        raise InputError(f"expected a table in {path}, found an empty file; check the path")
    width = usual_width([record for record in records if not is_remark(record)] or records)
    if width > MOST_COLUMNS:
        raise InputError(f"expected at most {MOST_COLUMNS:,} columns, found {width:,} in {path}; use fewer")
    dialect = _dialect(encoding, separator, lines, records, width, str(path))
    return replace(dialect, source=read_converted(path)[1]) if is_converted else dialect


def _beginning(path, encoding):
    """The first lines of a text, some of which are no remarks; and whether there are more."""
    with open_text(path, encoding) as text:
        start = text.read(LOOKED_AT)
        while (
            len(start) < MOST_LOOKED_AT and _rows_in(start) < FEWEST_LINES and (more := text.read(len(start)))
        ):
            start += more
        is_cut = bool(text.read(1))
    lines = [f"{line}\n" for line in start.split("\n")]
    if len(lines) > 1 and (is_cut or lines[-1] == "\n"):
        lines.pop()
    return lines, is_cut


def _rows_in(start):
    """How many lines may be rows."""
    return sum(bool(line.strip()) and line[0] not in "#%" for line in start.split("\n"))


def _typed(path):
    """The dialect of a file of typed columns."""
    names, kind = frame_names(path), row_suffix(path)[1:].capitalize()
    return Dialect("utf-8", ",", names, (), True, 0, len(names), Profile(("text",) * len(names)), source=kind)


def _dialect(encoding, separator, lines, records, width, path):
    header = without_title(find_header(records, width), records, width)
    first = records[header.rows :]
    rows = [record.cells for record in first if len(record.cells) == width and not is_remark(record)]
    some = rows[:: -(-len(rows) // MOST_ROWS) or 1]
    profile = Profile.of(some) if rows else Profile(("text",) * width)
    names = names_in_header(header, rows, width, path)
    numbers, is_sure = _numbers(some, profile, separator)
    above = [record for record in records[: header.rows] if not record.is_blank]
    if above and not header.names and not is_remark(above[-1]):
        check_longer(above[-1].cells, width, path)
    start = first[0].line - 1 if first else records[-1].end
    if width == 1 and header.names:  # blank lines of a single column are missing values
        start = records[header.names_at + (1 if header.units else 0)].end
    return Dialect(
        encoding=encoding,
        separator=separator,
        names=names.names,
        units=names.units,
        headed=bool(header.names),
        start=start,
        width=width,
        profile=profile,
        numbers=numbers,
        is_sure=is_sure,
        has_row_names=names.has_row_names,
        joined=names.joined,
        before=frozenset(tuple(record.cells) for record in above),
        remarks=sum(not record.is_blank for record in records[: header.names_at])
        if header.names
        else len(above),
        has_remarks=any(map(is_remark, above)),
        header="" if header.names_at is None else lines[records[header.names_at].line - 1].rstrip("\n"),
    )


def _numbers(rows, profile, separator):
    """The format of the numbers in some rows, and whether they tell it."""
    columns = [
        Counter(cell for row in rows if is_number(cell := row[index]))
        for index, kind in enumerate(profile.columns)
        if kind == "number"
    ]
    form, is_doubtful = choose_format(columns, separator)
    told = any("." in cell or "," in cell for cells in columns for cell in cells)
    return form, told and not is_doubtful
