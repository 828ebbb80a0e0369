"""How a text file of rows is written: its encoding, separator, header and format of numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from keras_ae.data.tables.converted import read_converted
from keras_ae.data.tables.header_names import check_longer, names_in_header
from keras_ae.data.tables.headers import MOST_ROWS, is_remark, names_among_rows
from keras_ae.data.tables.labview import is_labview, without_headers
from keras_ae.data.tables.number_format import NumberFormat
from keras_ae.data.tables.numbers import choose_format, is_number
from keras_ae.data.tables.profile import Profile
from keras_ae.data.tables.separators import part
from keras_ae.data.tables.sources import encoding_of, open_text
from keras_ae.data.tables.suffixes import FRAMES, RECORDS, SHEETS, row_suffix
from keras_ae.data.tables.typed_files import frame_names
from keras_ae.data.tables.writing import SINGLE, UNKNOWN, Writing, separator_name
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
        header_line: Its number, from 1; 0 without a header.
        is_doubtful: Whether the separator or the header is that of an earlier file, as nothing in this one
            decides.
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
    header_line: int = 0
    is_doubtful: bool = False
    source: str = ""

    @property
    def has_end(self) -> bool:
        """Whether separators stand at the ends of lines."""
        return self.width - (self.joined >= 0) > len(self.names)

    @property
    def note(self) -> str:
        """One line that says how the file was read."""
        count = "one column" if len(self.names) == 1 else f"{len(self.names)} columns"
        where = "" if self.separator == SINGLE else f" separated by {separator_name(self.separator)}"
        parts = [count + (f" of {self.source}" if self.source else where)]
        parts += ["separators at the ends of lines"] if self.has_end else []
        place, plural = "header" if self.headed else "rows", "s" * (self.remarks > 1)
        parts += [f"{self.remarks} line{plural} before the {place}"] if self.remarks else []
        parts += [] if self.headed else ["no header, so columns are called column_1, ..."]
        parts += ["which it does not tell, as in training"] if self.is_doubtful else []
        parts += [] if self.encoding.startswith("utf") else [f"encoding {self.encoding}"]
        return "read as " + ", ".join(parts)


def detect_dialect(path: str | Path, known: Writing = UNKNOWN, in_doubt: Writing = UNKNOWN) -> Dialect:
    """Detects how a file is written, from its beginning.

    Args:
        path: The file.
        known: What is known of it.
        in_doubt: How to read it where nothing in the file decides.

    Returns:
        The dialect.

    Raises:
        InputError: For a file that cannot be read, is binary or empty, or has too many columns, or a header
            with fewer names than columns; and where nothing decides between several separators or headers.
    """
    if row_suffix(path) in FRAMES:
        return _typed(path)
    encoding = encoding_of(path)
    lines, is_cut = _beginning(path, encoding)
    is_converted = row_suffix(path) in (*SHEETS, *RECORDS)
    known = replace(known, separator=",") if is_converted else known
    has_comments = is_labview(lines)
    if has_comments:
        lines, known = without_headers(lines, known)
    parted = part(lines, is_cut, str(path), known, in_doubt)
    if known.header is None and (other := names_among_rows(parted.records, parted.header, parted.width)):
        parted = _one_header(parted, other, str(path), in_doubt)
    if parted.width > MOST_COLUMNS:
        raise InputError(
            f"expected at most {MOST_COLUMNS:,} columns, found {parted.width:,} in {path}; use fewer"
        )
    dialect = _dialect(encoding, lines, parted, str(path))
    if has_comments and dialect.width == len(dialect.names):
        dialect = replace(
            dialect, width=dialect.width + 1, profile=Profile((*dialect.profile.columns, "text"))
        )
    return replace(dialect, source=read_converted(path)[1]) if is_converted else dialect


def _one_header(parted, other, path, in_doubt):
    """A text that may have another header among its rows, with one of both."""
    if len(parted.header.names) < parted.width or not parted.header.are_plain:
        return replace(parted, header=other)
    headers = [parted.header, other]
    lines = [parted.records[header.names_at].line for header in headers]
    if in_doubt.header in lines:
        return replace(parted, header=headers[lines.index(in_doubt.header)], is_doubtful=True)
    first, second = (", ".join(header.names[:8]) for header in headers)
    raise InputError(
        f"the names of columns may stand in line {lines[0]} of {path} ({first}) or in line {lines[1]} "
        f'({second}), and nothing in it decides; choose with SET="data.header={lines[0]}" or '
        f'SET="data.header={lines[1]}"'
    )


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


def _dialect(encoding, lines, parted, path):
    separator, records, width, header = parted.separator, parted.records, parted.width, parted.header
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
        header_line=0 if header.names_at is None else records[header.names_at].line,
        is_doubtful=parted.is_doubtful,
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
