"""Rows of SQL queries: over files by DuckDB, or of a database by SQLAlchemy."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from keras_ae.addresses import ADDRESS, scheme_of, without_secrets
from keras_ae.data.sources.query_files import copy_of_files
from keras_ae.data.sources.query_servers import copy_of_server
from keras_ae.data.sources.source import DataSource
from keras_ae.errors import InputError

__all__ = ["Query"]

DATABASES = ("duckdb", "mariadb", "mssql", "mysql", "oracle", "postgresql", "sqlite")
"""Schemes of databases; another one is known by the query that follows it."""

FILES = {".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".duckdb": "duckdb"}
"""The databases that are files, by the suffix."""

MOST_CHARACTERS = 2**20
"""Characters of a file with a query, at most."""

_QUERY = re.compile(r"(?is)\s*(\(\s*)*(select|with|from|values)\b")
_DATABASE = re.compile(r"(?im)^\s*--\s*database:\s*(\S+)\s*$")
_APART = re.compile(r"(?s)'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/")
_WRITING = re.compile(
    r"(?i)\b(insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|into|attach|pragma|copy|install)\b"
)


@dataclass(frozen=True)
class Query(DataSource):
    """Rows that an SQL query selects: over files, of a database, or in an .sql file.

    The text is a query over files, `SELECT ... FROM 'rows.parquet'`; an address of a database and a query of
    it, or the address alone if it has one table; the path of such a database; or the path of an .sql file
    with a query, where a comment in a line of its own may name a database: `-- database: sqlite:///shop.db`.
    """

    priority: ClassVar[int] = 20
    form: ClassVar[str] = "QUERY"

    @classmethod
    def accepts(cls, text: str) -> Query | None:
        suffix = Path(text).suffix.lower() if len(text) < 4096 and "\n" not in text else ""
        if suffix in (".sql", *FILES) and os.path.isfile(text):
            return cls(text)
        scheme = scheme_of(text).partition("+")[0]
        rest = text[match.end() :] if scheme and (match := ADDRESS.match(text)) else text
        has_query = _QUERY.match(rest) is not None and len(rest.split()) > 1
        return cls(text) if scheme in DATABASES or (has_query and not os.path.exists(text)) else None

    @property
    def identity(self) -> str:
        database, query = self._parts()
        return f"{database} {query}"

    @property
    def title(self) -> str:
        database, query = self._parts()
        if Path(self.text).suffix.lower() in (".sql", *FILES) and os.path.isfile(self.text):
            return Path(self.text).stem
        return "query" if query else Path(database.partition("?")[0]).stem or "query"

    def version(self) -> str:
        """None, as what a query gives may change at any time."""
        return ""

    def bring(self, folder: Path) -> Path:
        database, query = self._parts()
        target = folder / f"{self.title}.parquet"
        if not database or scheme_of(database) == "duckdb":
            copy_of_files(query, database.partition(":///")[2], target)
        else:
            copy_of_server(query, database, target)
        return target

    def _parts(self) -> tuple[str, str]:
        """The database's address, "" for files; and the query, "" for the one table."""
        text, database = self.text, ""
        suffix = Path(text).suffix.lower() if os.path.isfile(text) else ""
        if suffix in FILES:
            return f"{FILES[suffix]}:///{text}", ""
        if suffix == ".sql":
            text = _content(text)
            if named := _DATABASE.search(text):
                database = named[1]
        elif (match := ADDRESS.match(text)) is not None:
            database, text = match[0], text[match.end() :]
        query = text.strip().rstrip(";").rstrip()
        if query or suffix == ".sql":
            _check(query, self.text)
        return database, query


def _content(path: str) -> str:
    """The text of a file with a query, without secrets."""
    try:
        if os.path.getsize(path) > MOST_CHARACTERS:
            raise InputError(
                f"expected a query in {path}, which has more than {MOST_CHARACTERS:,} characters"
            )
        return without_secrets(Path(path).read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"expected a query in UTF-8 in {path}; save it so") from error


def _check(query: str, where: str) -> None:
    """Refuses what is not one query that reads."""
    bare = _APART.sub(" ", query)
    if _QUERY.match(bare) is None:
        raise InputError(
            f"expected a query that begins with SELECT or WITH, received {where!r}; write one, such as "
            "SELECT * FROM 'rows.parquet'"
        )
    if ";" in bare:
        raise InputError(f"expected one query, received several in {where!r}; leave one")
    if found := _WRITING.search(bare):
        raise InputError(
            f"expected a query that only reads, received {found[0].upper()} in {where!r}; put a column "
            "of that name into quotation marks"
        )
