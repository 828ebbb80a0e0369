"""Units of measurement, in a line below the names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from keras_ae.data.tables.columns import MISSING
from keras_ae.data.tables.value_cells import is_value

__all__ = ["are_types", "are_units"]

_UNITS = re.compile(
    r"[\[(]?(?:"
    r"[\u00b0\u00b5\u03bcmkMGcnhd]?(?:"
    r"m|g|s|A|V|W|Wh|Hz|Pa|bar|J|N|Nm|l|L|C|F|K|VA|var|VAr|lx|lux|B|Ohm|ohm|\u03a9|S|mol|rad)"
    r"|deg ?[CFK]?|Cel|Celsius|Kelvin|min|h|hr|d|day|days|sec|year|rpm|ppm|ppb|psi|%|\u2030|counts?|no|pH"
    r"|dBm?|kn|t|mm ?Hg|EUR|USD|\u20ac|\$|1|TS|RN|Avg|Smp|Max|Min|Tot|Std"
    r")(?:[\u00b2\u00b32-4]|\^?-?\d)?(?:[/*\u00b7 ][\u00b5\u03bcmkMc]?[A-Za-z]{1,5}[\u00b2\u00b32-4]?)*[\])]?"
)
_NEUTRAL = frozenset("- date time datetime utc number text string float int double category".split())

_TYPES = re.compile(
    r"u?int(?:eger)?\d{0,2}|float\d{0,2}|double|real|bool(?:ean)?|string|str|(?:long|short)(?:int)?|byte|d?word"
    r"|u?[sd]?int|varchar.{0,5}|numeric|decimal.{0,7}|us?\d{1,2}|s\d{1,2}",
    re.IGNORECASE,
)


def are_types(cells: Sequence[str], above: Sequence[str]) -> bool:
    """Whether cells are types of the columns that the line above names, such as float and datetime.

    Args:
        cells: The cells.
        above: Those of the line above.

    Returns:
        Whether all are types or the like, some of them such as programs alone have.
    """
    present = [cell for cell in cells if cell]
    is_named = len(cells) == len(above) and len(set(above)) == len(above) and all(above)
    known = [cell for cell in present if _TYPES.fullmatch(cell)]
    return is_named and bool(known) and all(cell in known or cell.lower() in _NEUTRAL for cell in present)


def are_units(cells: Sequence[str], above: Sequence[str]) -> bool:
    """Whether cells are units or the like of the names above them.

    Args:
        cells: The cells.
        above: Those of the line above.

    Returns:
        Whether most are usual units, or some are repeated or empty where no name is.
    """
    if any(cell in MISSING for cell in cells if cell not in ("", "-")):
        return False  # it is a row
    cells = cells[:-1] if len(cells) > len(above) and not cells[-1] else cells
    present = [cell for cell in cells if cell]
    if any(is_value(cell) and cell != "1" for cell in present):
        return False
    if (
        len(present) > sum(map(bool, above))
        or not present
        or len(cells) != len(above)
        or max(map(len, present)) > 24
    ):
        return False
    known = sum(_UNITS.fullmatch(cell) is not None or cell[0] + cell[-1] in ("[]", "()") for cell in present)
    neutral = sum(cell.lower() in _NEUTRAL for cell in present)
    if known and 2 * (known + neutral) >= len(present):
        return True
    are_names = len(set(above)) == len(above) and all(above)
    return are_names and (len(set(present)) < len(present) or len(present) < len(cells))
