"""Folders of levels as The VGLC lays them out: a game's legend, and its levels beside it or below."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from keras_ae.errors import InputError
from keras_ae.files import is_hidden
from keras_ae.formats.levels.legend import Legend
from keras_ae.formats.levels.level_text import SUFFIXES, rows_of, unknown_tiles

__all__ = ["legend_of", "legends", "level_files"]

MAX_LEGEND_BYTES = 2**20
"""Maximum size of a legend file in bytes."""
BELOW = "Processed"
"""The folder of levels below that of a game."""
NO_LEVELS = ("readme", "license")
"""What the names of texts that are no levels begin with."""
MOST_LISTED = 8

Tiles = dict[str, list[str]]
"""The tags of each tile of a legend, by its character."""


def level_files(folder: Path) -> list[Path]:
    """The files of levels in a folder, or of a game in the folder Processed below it.

    Args:
        folder: The folder.

    Returns:
        The files, without hidden ones and those called readme or license.
    """
    for place in (folder, folder / BELOW):
        files = [
            file
            for file in (place.iterdir() if place.is_dir() else ())
            if file.suffix.lower() in SUFFIXES and not is_hidden(file.name) and file.is_file()
        ]
        if levels := sorted(file for file in files if not file.name.lower().startswith(NO_LEVELS)):
            return levels
    return []


def legends(folder: Path) -> dict[Path, Tiles]:
    """The legends beside the levels of a folder; without one there, those of the folder above.

    Args:
        folder: The folder.

    Returns:
        The tiles of each legend, by its file.
    """
    files = level_files(folder)
    beside = files[0].parent if files else folder
    for place in (beside, beside.resolve().parent):
        read = {file: tiles for file in sorted(place.glob("*.json")) if (tiles := _tiles_of(file))}
        if read:
            return read
    return {}


def legend_of(folder: Path, texts: Mapping[str, str], name: str = "") -> tuple[Legend, str]:
    """The legend of a folder's levels, its empty tile first.

    Args:
        folder: The folder.
        texts: The levels' texts, by their names.
        name: The legend's file; "" for the only one, or the only one of several that has all tiles.

    Returns:
        The legend, and a note on which it is, or "" where there is no other beside the levels.

    Raises:
        InputError: There is no such legend, several could be meant, or some tiles are not in it.
    """
    found = legends(folder)
    if not found:
        raise InputError(
            f'expected a .json with "tiles" in {folder}, found none; write '
            '{"tiles": {"-": ["passable", "empty"], "X": ["solid"]}}'
        )
    names = ", ".join(file.name for file in found)
    chosen = {file: tiles for file, tiles in found.items() if name in ("", file.name)}
    if not chosen:
        raise InputError(f"{folder} has no legend {name!r}; it has {names}; name one of these")
    lacking = {file: _lacking(texts, "".join(tiles)) for file, tiles in chosen.items()}
    whole = [file for file, unknown in lacking.items() if not unknown]
    if len(chosen) > 1 and len(whole) != 1:
        reason = (
            "all have all tiles" if whole else "none has all tiles, so there may be levels of several games"
        )
        raise InputError(
            f"expected one legend of {folder}, received {names}, and {reason}; say which: "
            f'SET="data.legend={next(iter(chosen)).name}", or put the levels of each game into a folder'
        )
    [file] = whole or chosen
    if lacking[file]:
        raise InputError(_refusal(file, "".join(chosen[file]), lacking[file]))
    is_beside = len(found) == 1 and file.parent == level_files(folder)[0].parent
    tiles = chosen[file]
    return _with_empty_first(tiles), "" if is_beside else f"the legend is {file}"


def _with_empty_first(tiles: Tiles) -> Legend:
    """The first tile with the tag "empty" comes first, otherwise the first that is "passable"."""
    for tag in ("empty", "passable"):
        first = next((tile for tile, tags in tiles.items() if tag in tags), None)
        if first is not None:
            tiles = {first: tiles[first]} | tiles
            break
    return Legend("".join(tiles), tuple(tuple(tags) for tags in tiles.values()))


def _lacking(texts: Mapping[str, str], tiles: str) -> dict[str, list[tuple[str, int, int, int]]]:
    """(level, count, line, column) of each tile that a legend lacks, for each level that has it."""
    lacking: dict[str, list[tuple[str, int, int, int]]] = {}
    for name, text in texts.items():
        for tile, unknown in unknown_tiles(rows_of(text, tiles), tiles).items():
            lacking.setdefault(tile, []).append((name, *unknown))
    return lacking


def _refusal(file: Path, tiles: str, lacking: Mapping[str, list[tuple[str, int, int, int]]]) -> str:
    """A message on tiles that a legend lacks, with as much as is needed to find and to add them."""
    by_count = sorted(lacking, key=lambda tile: -sum(count for _, count, *_ in lacking[tile]))
    listed = []
    for tile in by_count[:MOST_LISTED]:
        (name, _, line, column), *_ = lacking[tile]
        count, levels = sum(count for _, count, *_ in lacking[tile]), len(lacking[tile])
        others = f" and {count - 1:,} more" if count > 1 else ""
        others += f" in {levels} levels" if levels > 1 else ""
        listed.append(f"{tile!r} in {name}, line {line}, column {column}{others}")
    more = f"; and {len(by_count) - MOST_LISTED} more" if len(by_count) > MOST_LISTED else ""
    further = json.dumps({tile: [] for tile in by_count}, ensure_ascii=False)[1:-1]
    return (
        f"{'a tile is' if len(by_count) == 1 else f'{len(by_count)} tiles are'} not in the legend {file} of "
        f"{tiles!r}: {'; '.join(listed)}{more}; change them, or add them to its tiles: {further}"
    )


def _tiles_of(file: Path) -> Tiles | None:
    """The tiles of a legend, or None if the file is not a legend in the VGLC's format."""
    try:
        if file.stat().st_size > MAX_LEGEND_BYTES:
            return None
        tiles = json.loads(file.read_text(encoding="utf-8-sig"))["tiles"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(tiles, dict) or not tiles:
        return None
    good = all(
        len(tile) == 1 and isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
        for tile, tags in tiles.items()
    )
    return tiles if good else None
