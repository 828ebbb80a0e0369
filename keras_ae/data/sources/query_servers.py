"""The rows of a query of a database that SQLAlchemy connects to, written as Parquet."""

from __future__ import annotations

import decimal
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from keras_ae.addresses import with_secrets, without_secrets
from keras_ae.data.examples import LARGEST
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["copy_of_server"]

AT_ONCE = 10_000
"""Rows that are fetched at once."""


def copy_of_server(query: str, address: str, target: Path) -> None:
    """Writes the rows of a query of a database.

    Args:
        query: The query; "" for all rows of the one table.
        address: The database's address, as SQLAlchemy has it.
        target: The .parquet file to write.

    Raises:
        InputError: SQLAlchemy or pyarrow is not installed, the database cannot be reached, the query cannot
            be answered, or gives more than fits in memory.
    """
    try:
        import pyarrow
        import pyarrow.parquet
        import sqlalchemy
    except ModuleNotFoundError as error:
        raise InputError(f"a query of {address} needs {error.name}: {install_command('sql')}") from error
    try:
        with _connected(sqlalchemy, address) as connection:
            query = query or _of_one_table(sqlalchemy, connection, address)
            result = connection.execute(sqlalchemy.text(query.replace(":", r"\:")))
            names, parts = list(result.keys()), [*_parts(result, pyarrow)]
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        reason = without_secrets(" ".join(str(getattr(error, "orig", None) or error).split()))
        raise InputError(
            f"the query of {address} cannot be answered ({reason[:300]}); check the address, the query, "
            "and that the database's package for Python is installed"
        ) from None
    if not parts:
        raise InputError(f"expected rows of the query of {address}, found none; select others")
    columns = [_joined([part[index] for part in parts], pyarrow) for index in range(len(names))]
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, names=names), target)


@contextmanager
def _connected(sqlalchemy: Any, address: str) -> Iterator[Any]:
    """A connection that only reads; what else a query does is rolled back."""
    url = sqlalchemy.make_url(with_secrets(address))
    if url.get_backend_name() == "sqlite":
        if not url.database or not os.path.isfile(url.database):
            raise InputError(f"there is no database {url.database or 'in memory'}; check the path")
        name = f"file:{quote(os.path.abspath(url.database))}?mode=ro"
        engine = sqlalchemy.create_engine("sqlite://", creator=lambda: sqlite3.connect(name, uri=True))
    else:
        engine = sqlalchemy.create_engine(url)
    options = {"postgresql_readonly": True} if engine.dialect.name == "postgresql" else {}
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE, **options)
            if engine.dialect.name in ("mysql", "mariadb"):
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
                connection.rollback()
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _of_one_table(sqlalchemy: Any, connection: Any, address: str) -> str:
    names = sqlalchemy.inspect(connection).get_table_names()
    if len(names) != 1:
        raise InputError(
            f"expected a query, as {address} has the tables {', '.join(names[:20]) or 'none'}; write "
            f'"{address} SELECT * FROM ..."'
        )
    return f"SELECT * FROM {connection.dialect.identifier_preparer.quote(names[0])}"


def _parts(result: Any, pyarrow: Any) -> Iterator[list[Any]]:
    """The columns of some rows each, with a bound on all of them."""
    rows = size = 0
    for part in result.partitions(AT_ONCE):
        columns = [_array([*values], pyarrow) for values in zip(*part, strict=True)]
        rows, size = rows + len(part), size + sum(column.nbytes for column in columns)
        if max(size, rows * len(columns) * 8) > LARGEST:
            raise InputError(
                f"the query gives more than {rows:,} rows, {LARGEST / 2**30:g} GiB of values; select fewer"
            )
        yield columns


def _array(values: list[Any], pyarrow: Any) -> Any:
    """Values of one kind as they are, of several kinds as texts."""
    plain = [float(value) if isinstance(value, decimal.Decimal) else value for value in values]
    try:
        return pyarrow.array(plain)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, OverflowError):
        return pyarrow.array([None if value is None else str(value) for value in plain])


def _joined(parts: list[Any], pyarrow: Any) -> Any:
    """The parts of a column as one; where they are of several kinds, as texts."""
    kinds = {part.type for part in parts} - {pyarrow.null()}
    if len(kinds) > 1 and kinds <= {pyarrow.int64(), pyarrow.float64()}:
        kinds = {pyarrow.float64()}
    kind = pyarrow.string() if len(kinds) > 1 else next(iter(kinds), pyarrow.null())
    return pyarrow.chunked_array([part.cast(kind) for part in parts], kind)
