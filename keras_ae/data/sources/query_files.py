"""The rows of a query over files, which DuckDB writes as Parquet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from keras_ae.addresses import without_secrets
from keras_ae.data.examples import LARGEST
from keras_ae.errors import InputError
from keras_ae.extras import install_command

__all__ = ["copy_of_files"]

SETTINGS = {
    "autoinstall_known_extensions": "false",  # nothing is downloaded to answer a query
    "autoload_known_extensions": "false",
    "memory_limit": "2GB",
    "threads": "1",  # so that rows come in the same order each time
}


def copy_of_files(query: str, database: str, target: Path) -> None:
    """Writes the rows of a query over files, or of a database of DuckDB.

    Args:
        query: The query; "" for all rows of the one table of the database.
        database: The path of a database, which is opened to be read; "" for none.
        target: The .parquet file to write.

    Raises:
        InputError: DuckDB is not installed, the query cannot be answered, or gives more than fits in memory.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise InputError(f"a query over files needs duckdb: {install_command('sql')}") from error
    if database and not os.path.isfile(database):
        raise InputError(f"there is no database {database}; check the path")
    try:
        with duckdb.connect(
            database or ":memory:", read_only=bool(database), config={**SETTINGS}
        ) as connection:
            connection.execute("SET temp_directory = $1", [str(target.parent)])
            _write(connection, query or _of_one_table(connection, database), target)
    except duckdb.Error as error:
        reason = without_secrets(" ".join(str(error).split()))
        advice = "correct the query"
        if "httpfs" in reason:
            reason, advice = "it reads from an address", "give that alone in place of the query, as data"
        raise InputError(f"the query cannot be answered ({reason[:300]}); {advice}") from None


def _write(connection: Any, query: str, target: Path) -> None:
    import duckdb

    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise InputError("expected one query that only reads; write SELECT ... FROM 'rows.parquet'")
    columns = len(connection.execute(f"DESCRIBE {query}").fetchall())
    most = LARGEST // (8 * columns)
    name = str(target).replace("'", "''")
    connection.execute(f"COPY (SELECT * FROM ({query}) LIMIT {most + 1}) TO '{name}' (FORMAT parquet)")
    rows = connection.fetchone()[0]
    if rows > most:
        raise InputError(
            f"the query gives more than {most:,} rows of {columns} columns, {LARGEST / 2**30:g} GiB of "
            "values; select fewer"
        )


def _of_one_table(connection: Any, database: str) -> str:
    names = [
        name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    ]
    if len(names) != 1:
        raise InputError(
            f"expected a query, as {database} has the tables {', '.join(names[:20]) or 'none'}; write "
            f'"duckdb:///{database} SELECT * FROM ..."'
        )
    quoted = names[0].replace('"', '""')
    return f'SELECT * FROM "{quoted}"'
