"""Records in JSON as text, so that they are read by the rules of texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from keras_ae.errors import InputError

__all__ = ["read_json"]


def read_json(path: str | Path) -> tuple[str, str]:
    """Reads records: a list of objects, one that stands in an object, columns, or an object on each line.

    Args:
        path: A .json, .jsonl or .ndjson file.

    Returns:
        The records as rows of comma-separated values, with a column for each name, such as "value.bpm" for
        an object in another; and "JSON".

    Raises:
        InputError: The file is no JSON, or holds no records.
    """
    text = Path(path).read_bytes().decode("utf-8-sig", "replace")
    try:
        records = _records(json.loads(text))
    except RecursionError as error:
        raise InputError(f"{path} holds objects too deep in others; save a table as CSV") from error
    except ValueError as error:
        records = _lines(text, path, error)
    if not records:
        raise InputError(
            f'expected records in {path}, such as [{{"time": "2024-01-01", "value": 1.5}}, ...], found none; '
            "write them so, or as CSV"
        )
    frame = pd.json_normalize(records)
    return frame.to_csv(index=False, lineterminator="\n"), "JSON"


def _lines(text, path, error):
    """The objects of a text, one on each line."""
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            records += [json.loads(line)] if line.strip() else []
        except ValueError:
            where = f"line {number:,}" if len(records) > 1 else str(error)
            raise InputError(f"{path} is no JSON ({where}); correct it, or save a table as CSV") from error
    return _records(records)


def _records(value: Any) -> list[dict[str, Any]]:
    """The records of a value; none if it holds none, or more than one list of them."""
    if isinstance(value, list):
        return value if all(isinstance(record, dict) for record in value) else []
    if not isinstance(value, dict):
        return []
    inner = [found for one in value.values() if isinstance(one, list) and (found := _records(one))]
    if inner:
        return inner[0] if len(inner) == 1 else []
    columns = list(value.values())
    if columns and all(isinstance(one, dict) for one in columns):
        columns = [list(one.values()) for one in columns]
    if not columns or not all(isinstance(one, list) and len(one) == len(columns[0]) for one in columns):
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
