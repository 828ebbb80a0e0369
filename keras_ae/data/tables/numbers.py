"""Numbers as people and programs write them: decimal points or commas, thousands, units, accounts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from keras_ae.data.tables.number_format import FORMATS, NumberFormat

__all__ = ["ParsedNumbers", "choose_format", "is_number", "parse_numbers", "says_missing"]

_BLANKS, _APOSTROPHES = " \u00a0\u2007\u2009\u202f", "'\u2019\u02bc"
_SIGN, _MINUS = "[-+\u2212\u2013]", frozenset("-\u2212\u2013(")
_SYMBOLS = "$\u20ac\u00a3\u00a5\u20a9\u20b9\u20ba\u20bd"
_CODES = "USD|EUR|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|INR|AUD|CAD|BRL|RUB|US|Fr|Rs|kr"
_NUMBER = re.compile(
    rf"""
    '? (?P<open>\()? \s* (?P<sign>{_SIGN})? \s*
    (?P<currency>(?:{_CODES})?\s?[{_SYMBOLS}] | (?:{_CODES})\.?(?=[\s\d]))? \s* (?P<second>{_SIGN})?
    (?P<digits>[0-9][0-9.,{_BLANKS.replace(" ", chr(92) + " ")}{_APOSTROPHES}]* | [.,][0-9]+)
    (?:[eEdD](?P<exponent>{_SIGN}?[0-9]{{1,3}})(?![0-9]))? \s* (?P<after>{_SIGN}(?!.))?
    (?P<unit>
        (?:[%\u2030\u00b0\u2032\u2033{_SYMBOLS}] | [^\W\d_])
        (?:[^\W\d_]|[\u00b0%/\u00b2\u00b3\u00b7*^.-]){{0,11}} [2-4]?
        (?:/[^\W\d_]{{1,8}}[2-4\u00b2\u00b3]?)? (?:\ [^\W\d_]{{1,8}}[2-4\u00b2\u00b3]?)?
    )? \s* (?P<close>\))?
    """,
    re.VERBOSE,
)
_INFINITE = re.compile(rf"{_SIGN}?(inf|infinity|\u221e|1\.#inf)", re.IGNORECASE)
_DIGITS = str.maketrans("12345678", "99999999")
_ONE_MARK = str.maketrans(_BLANKS + _APOSTROPHES, " " * len(_BLANKS) + "'" * len(_APOSTROPHES))
_HALVES = ("AM", "PM")
_POINTS = str.maketrans(",.", ".,")
_MISSING = frozenset(
    "#n/a #div/0! #value! #ref! #name? #num! #null! n/a n.a. n.d. na nan -nan null none nil <na> (null) "
    "\\n nat bad missing invalid error err fault undefined undef blank nodata 1.#qnan -1.#ind "
    "unavailable unknown offline disconnected shutdown timeout".split()
) | frozenset(
    "no data,bad input,not available,i/o timeout,out of range,no value,no good data for calculation,"
    "pt created,point created,scan off,scan timeout,intf shut,comm fail,calc failed,calc off,no result,"
    "not connect,not connected,bad output,no sample,out of serv,equip fail,over range,under range,"
    "arc off-line,invalid data,no lab data".split(",")
)
_CODE = re.compile(r"\[-?\d+\]\s*(?=[a-z])")
"""The number of a message, as PI writes it before some."""


@dataclass(frozen=True, eq=False)
class ParsedNumbers:
    """Texts as numbers.

    Attributes:
        values: (n,), float64; NaN where missing, or no number.
        wrong: (n,), bool, whether a text is neither a number nor stands for a missing one.
        unit: What stands beside every number, such as "°C" or "$"; "" for nothing.
    """

    values: np.ndarray
    wrong: np.ndarray
    unit: str = ""


def parse_numbers(texts: Sequence[str], form: NumberFormat) -> ParsedNumbers:
    """Converts texts to numbers.

    Args:
        texts: n texts.
        form: Their format.

    Returns:
        The numbers; one with another unit than most is wrong.
    """
    values, wrong = _plain_numbers(texts, form), np.zeros(len(texts), bool)
    units: list[str | None] = [""] * len(texts)
    for index in np.flatnonzero(np.isnan(values)).tolist():
        parsed = _parsed(texts[index].strip(), form)
        units[index] = None
        if parsed is None:
            wrong[index] = not says_missing(texts[index])
        else:
            values[index], units[index] = parsed
    counts = Counter(unit for unit in units if unit is not None)
    usual = counts.most_common(1)[0][0] if counts else ""
    if len(counts) > 1:
        allowed = {usual}
        symbols = [unit for unit in counts if re.fullmatch(rf"[{_SYMBOLS}]|{_CODES}", unit)]
        if len(symbols) == 1 and usual in ("", symbols[0]):  # some cells may go without it
            usual, allowed = symbols[0], {"", symbols[0]}
        strange = np.array([unit is not None and unit not in allowed for unit in units])
        values[strange], wrong[strange] = np.nan, True
    return ParsedNumbers(values, wrong, usual)


@lru_cache(2**15)
def is_number(text: str) -> bool:
    """Whether a text is a number in some format.

    Args:
        text: A text.

    Returns:
        Whether it is, or is infinite.
    """
    digits = _digits(text)
    if digits is None:
        return _INFINITE.fullmatch(text.strip()) is not None
    return any(form.takes(digits) for form in FORMATS)


def says_missing(text: str) -> bool:
    """Whether a text in a column of numbers or times stands for a missing one.

    Args:
        text: A text.

    Returns:
        Whether it is one of those that loggers and spreadsheets write, or consists of signs such as "---".
    """
    text = _CODE.sub("", text.strip().lower(), count=1)
    return text in _MISSING or not text.strip("-+\u2212\u2013\u2014*.,:;?!#/\\_=~<>|()")


def choose_format(
    columns: Iterable[Mapping[str, int]], separator: str, decimal: str = ".,"
) -> tuple[NumberFormat, bool]:
    """The format that fits most numbers of a file.

    Args:
        columns: How often each cell comes, of each column of numbers.
        separator: What separates the cells of the file.
        decimal: The marks before decimals that are possible.

    Returns:
        The format; and whether nothing tells it from another one, of other values.
    """
    shapes, whole, zeros = Counter[str](), False, False
    for cells in columns:
        own = Counter[str]()
        for cell, count in cells.items():
            if (digits := _digits(cell)) is not None:
                own[_shape(digits)] += count
        thousands = [shape for shape in own if re.fullmatch("9[09]{0,2}[.,][09]{3}", shape)]
        zeros |= any(shape.endswith("0") for shape in thousands)
        whole |= bool(thousands) and any(shape.isdecimal() and len(shape) < 4 for shape in own)
        shapes += own
    possible = [form for form in FORMATS if form.decimal in decimal]
    fits = {form: sum(n for shape, n in shapes.items() if form.takes(shape)) for form in possible}
    best = [form for form in possible if fits[form] == max(fits.values())]
    grouped = [form for form in best if form.thousands in (".", ",") and _groups(shapes, form)]
    plain = [form for form in best if not _groups(shapes, form)]
    if not grouped or not plain:
        return best[0], False
    # All are such as 1.250 or 975. With a fixed number of decimals, 975 would have them too, and programs
    # that leave out zeros at the end would have left out that of 1.250.
    is_grouped = grouped[0].thousands == separator or (separator != "," and whole and zeros)
    return (grouped if is_grouped else plain)[0], separator != ","


def _groups(shapes, form):
    """Whether marks between thousands stand in numbers of a format."""
    return any(form.thousands and form.thousands in shape and form.takes(shape) for shape in shapes)


def _digits(text):
    """The digits of a number and the marks between them; None for another text."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or (match["open"] is None) != (match["close"] is None):
        return None
    return match["digits"].strip(_BLANKS).translate(_ONE_MARK)


def _shape(digits):
    """Digits with 9 in the place of each that is not 0."""
    return digits.translate(_DIGITS)


def _plain_numbers(texts, form):
    """Texts as numbers where they are written without thousands and units; NaN for others."""
    plain = pd.Series(texts, dtype=object)
    if form.decimal == ",":
        plain = pd.Series(
            ["" if text.endswith(",") else text.translate(_POINTS) for text in texts], dtype=object
        )
    return pd.to_numeric(plain, errors="coerce").to_numpy(np.float64, copy=True)


def _parsed(text, form):
    """The number that a text is, and its unit; None for another text."""
    match = _NUMBER.fullmatch(text)
    if match is None or (match["open"] is None) != (match["close"] is None):
        if _INFINITE.fullmatch(text):
            return (-np.inf if text[0] in _MINUS else np.inf), ""
        return None
    digits = match["digits"].strip(_BLANKS).translate(_ONE_MARK)
    if not form.takes(digits):
        return None
    if form.thousands:
        digits = digits.replace(form.thousands, "")
    exponent = (match["exponent"] or "0").replace("\u2212", "-").replace("\u2013", "-")
    value = float(f"{digits.replace(form.decimal, '.')}e{exponent}")
    signs = [match[name] in _MINUS for name in ("open", "sign", "second", "after") if match[name]]
    unit = " ".join(filter(None, (match["currency"] and match["currency"].strip(), match["unit"])))
    if len(signs) > 1 or unit.upper() in _HALVES:
        return None
    return -value if any(signs) else value, unit
