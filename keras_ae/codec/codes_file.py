"""The file of entropy-coded codes, a .kae: what it holds, and its bytes.

    8 bytes      89 4B 41 45 0D 0A 1A 0A, which no transfer as text leaves as they are
    28           version 2, dtype 1, labeled 1, rank 1, sections 1, flags 2 (1: examples have names, 2: one
                 table for all dimensions), examples 8, numbers of a code and its label 8, CRC-32 of the
                 levels 4
    4 * rank     the shape of a code
    32           the fingerprint of the model that decodes the codes
    sections     each 4 bytes of size, 4 of the size before zlib, then that many bytes: the model's name, the
                 steps and offsets (none for whole numbers), tables of counts, names of the examples, blocks
    32           SHA-256 of all before

All numbers are little-endian. Nothing is allocated by a size before that is within bounds.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from keras_ae.codec.dependence import choose_parents
from keras_ae.codec.entropy import decode, encode
from keras_ae.codec.grid import Grid
from keras_ae.codec.sections import read_section, section, whole_section
from keras_ae.codec.tables import count_levels, pack, unpack
from keras_ae.errors import InputError
from keras_ae.names import is_name

__all__ = ["SUFFIX", "CodesFile", "read_codes", "written"]

SUFFIX = ".kae"
"""The suffix of these files."""

MAGIC = b"\x89KAE\r\n\x1a\n"
VERSION = 1
DTYPES = ("float32", "float64", "int32", "int64")
"""Types of codes, by their number in a file."""

HEADER = struct.Struct("<HBBBBHQQI")
SECTIONS = 5

NAMED, ONE_TABLE = 1, 2
"""Flags: whether examples have names, and whether all dimensions have one table."""

MOST_POOLED = 2**18
"""Levels for which one table of all dimensions is tried, at most: of more, tables for each are better."""

MOST_BYTES = 2**30
"""Size of a file that is read, at most."""

MOST_LEVELS = 2**28
"""Numbers of all codes of a file, at most."""

MOST_DIMENSIONS = 2**20
"""Numbers of a code, at most."""

MOST_NAMES = 2**27
"""Bytes of all names, at most."""

MOST_TABLES = 2**27
"""Bytes of all tables, at most."""

MOST_MODEL = 2**10
"""Bytes of the name of a model, at most."""


@dataclass(frozen=True, eq=False)
class CodesFile:
    """Codes as levels, and what is needed to decode them.

    Attributes:
        levels: (n, dimensions), int32.
        grid: The quantization; None where the levels are the codes, which are whole numbers.
        shape: The shape of a code.
        dtype: The type of a code, one of `DTYPES`.
        model: The name of the exported model.
        fingerprint: 32 bytes, the SHA-256 of what decodes them.
        names: A name for each example; None where examples have none.
        labels: (n,), the class of each example, where the decoder takes it.
    """

    levels: np.ndarray
    grid: Grid | None
    shape: tuple[int, ...]
    dtype: str
    model: str
    fingerprint: bytes
    names: tuple[str, ...] | None = None
    labels: np.ndarray | None = None

    @property
    def codes(self) -> np.ndarray:
        """The codes, (n, *shape)."""
        flat = self.levels if self.grid is None else self.grid.codes(self.levels)
        return flat.reshape(len(flat), *self.shape).astype(self.dtype)


@dataclass(frozen=True)
class Sizes:
    """The bytes of a file by what they are for.

    Attributes:
        codes: Of the entropy-coded levels.
        tables: Of the tables and the grid.
        names: Of the names of examples.
        rest: Of the header, the fingerprint and the checksum.
    """

    codes: int
    tables: int
    names: int
    rest: int

    @property
    def total(self) -> int:
        """Of the whole file."""
        return self.codes + self.tables + self.names + self.rest


def written(codes: CodesFile) -> tuple[bytes, Sizes]:
    """The bytes of a file.

    Args:
        codes: What it holds, at least one example.

    Returns:
        The bytes, and how many are for what.

    Raises:
        InputError: There are more codes than a file holds, or they take too many different values.
    """
    levels = codes.levels if codes.labels is None else np.column_stack([codes.levels, codes.labels])
    levels = np.ascontiguousarray(levels, "<i4")
    if not levels.size or levels.size > MOST_LEVELS or levels.shape[1] > MOST_DIMENSIONS:
        raise InputError(
            f"a {SUFFIX} holds from 1 to {MOST_LEVELS:,} numbers, of at most {MOST_DIMENSIONS:,} an example; "
            f"received {len(levels):,} examples of {levels.shape[1]:,}: compress them in parts"
        )
    packed, blocks, has_one = _smallest(levels)
    grid = b"" if codes.grid is None else _grid_bytes(codes.grid)
    names = "\0".join(codes.names or ()).encode("utf-8", "surrogateescape")
    if len(names) > MOST_NAMES:
        raise InputError(f"the names of the examples take {len(names):,} bytes; compress them in parts")
    sections = [
        section(content)
        for content in (codes.model.encode(), grid, packed, names if codes.names is not None else b"")
    ] + [whole_section(blocks)]
    head = MAGIC + HEADER.pack(
        VERSION, DTYPES.index(codes.dtype), codes.labels is not None, len(codes.shape),
        SECTIONS, NAMED * (codes.names is not None) + ONE_TABLE * has_one, len(levels), levels.shape[1],
        zlib.crc32(levels.tobytes()),
    ) + struct.pack(f"<{len(codes.shape)}I", *codes.shape) + codes.fingerprint  # fmt: skip
    body = head + b"".join(sections)
    content = body + hashlib.sha256(body).digest()
    sizes = [len(part) for part in sections]
    parts = (sizes[4], sizes[1] + sizes[2], sizes[3] if codes.names is not None else 0)
    return content, Sizes(*parts, len(content) - sum(parts))


def _smallest(levels: np.ndarray) -> tuple[bytes, bytes, bool]:
    """The tables and the blocks of levels, and whether there is one table for all dimensions.

    That takes less where examples are few, so that tables for each dimension would take more than they save.
    """
    ways = [(levels, choose_parents(levels))]
    ways += [(levels.reshape(-1, 1), [-1])] if levels.size <= MOST_POOLED else []
    found = []
    for columns, parents in ways:
        tables = count_levels(columns, parents)
        largest, packed = max(len(table.values) for table in tables), pack(tables)
        if largest > 2**16 or len(packed) > MOST_TABLES:
            raise InputError(
                f"the codes take up to {largest:,} different values in a dimension, too many for tables of "
                "them; quantize them in larger steps"
            )
        blocks = encode(columns, tables)
        found.append((len(section(packed)) + len(blocks), packed, blocks, columns is not levels))
    return min(found)[1:]


def read_codes(path: Path) -> CodesFile:
    """Reads a file of codes.

    Args:
        path: The file.

    Returns:
        What it holds.

    Raises:
        InputError: It is no such file, was cut or changed, or claims more than a file may hold.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error
    if size > MOST_BYTES:
        raise InputError(f"{path} takes {size:,} bytes, at most {MOST_BYTES:,} are read; compress in parts")
    if not content.startswith(MAGIC):
        raise InputError(f"{path} is no {SUFFIX} that keras-ae compress has written; give such a file")
    if hashlib.sha256(content[:-32]).digest() != content[-32:]:
        raise InputError(f"{path} was cut or changed (its checksum is another); copy it again")
    try:
        return _parsed(content[:-32])
    except (ValueError, struct.error, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged ({error}); compress the data again") from error


def _parsed(content: bytes) -> CodesFile:
    """What the bytes before the checksum say; ValueError where they are none of this form."""
    version, dtype, labeled, rank, sections, flags, count, dimensions, crc = HEADER.unpack_from(content, 8)
    named, has_one = flags & NAMED, flags & ONE_TABLE
    if version != VERSION:
        raise InputError(f"it has version {version}, this keras_ae reads {VERSION}; update keras_ae")
    if dtype >= len(DTYPES) or labeled > 1 or flags > NAMED | ONE_TABLE or rank > 16 or sections != SECTIONS:
        raise ValueError("its header has unknown values")
    at = 8 + HEADER.size
    shape = struct.unpack_from(f"<{rank}I", content, at)
    at += 4 * rank
    fingerprint, at = content[at : at + 32], at + 32
    if prod(shape) + labeled != dimensions or not 1 <= dimensions <= MOST_DIMENSIONS or count < 1:
        raise ValueError("its shape and its size disagree")
    if count * dimensions > MOST_LEVELS:
        raise ValueError(f"it claims {count * dimensions:,} numbers, at most {MOST_LEVELS:,} are read")
    most = (MOST_MODEL, 8 * prod(shape), MOST_TABLES, MOST_NAMES if named else 0, MOST_BYTES)
    parts = []
    for bound in most:
        part, at = read_section(content, at, bound)
        parts.append(part)
    if at != len(content):
        raise ValueError("it is followed by something else")
    model, grid, packed, names, blocks = parts
    columns = 1 if has_one else dimensions
    levels = decode(blocks, unpack(packed, columns), count * dimensions // columns).reshape(count, dimensions)
    if zlib.crc32(levels.astype("<i4").tobytes()) != crc:
        raise ValueError("its levels decode to others than were encoded")
    name = model.decode()
    if not is_name(name):
        raise ValueError("its model has a name that none can have")
    return CodesFile(
        levels[:, : prod(shape)], _grid(grid, prod(shape)), shape, DTYPES[dtype], name, fingerprint,
        _names(names, count) if named else None, levels[:, -1] if labeled else None,
    )  # fmt: skip


def _grid_bytes(grid: Grid) -> bytes:
    """The steps and the offsets, the first bytes of all, then the next."""
    numbers = np.concatenate([grid.step, grid.offset]).astype("<f4")
    return numbers.view(np.uint8).reshape(-1, 4).T.tobytes()


def _grid(content: bytes, dimensions: int) -> Grid | None:
    """The quantization in a section; None where that is empty."""
    if not content:
        return None
    if len(content) != 8 * dimensions:
        raise ValueError("its steps are of another number of dimensions")
    by_bytes = np.frombuffer(content, np.uint8).reshape(4, -1)
    step, offset = np.ascontiguousarray(by_bytes.T).view("<f4").reshape(2, -1).astype(np.float32)
    if not (np.isfinite(step).all() and np.isfinite(offset).all() and (step > 0).all()):
        raise ValueError("its steps are no positive numbers")
    return Grid(step, offset)


def _names(content: bytes, count: int) -> tuple[str, ...]:
    """The names of the examples."""
    if content.count(b"\0") != count - 1:
        raise ValueError("it has more or fewer names than examples")
    return tuple(content.decode("utf-8", "surrogateescape").split("\0"))
