"""The format of numbers in a file: what stands before decimals, and between thousands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FORMATS", "NumberFormat"]


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written in a file.

    Attributes:
        decimal: "." or ",".
        thousands: What may stand between groups of digits: ".", ",", "'", " " or "" for nothing.
    """

    decimal: str = "."
    thousands: str = ""

    def __str__(self) -> str:
        """For the user: what is not the usual."""
        marks = {" ": "blanks", ".": "points", ",": "commas", "'": "apostrophes"}
        commas = ["decimal commas"] if self.decimal == "," else []
        groups = [f"{marks[self.thousands]} between thousands"] if self.thousands else []
        return " and ".join(commas + groups)

    def takes(self, digits: str) -> bool:
        """Whether digits and the marks between them are a number in this format.

        Args:
            digits: Such as "1.204,70".

        Returns:
            Whether they are.
        """
        whole, mark, fraction = digits.partition(self.decimal)
        if not fraction.isdecimal() and (fraction or mark == ","):
            return False
        if not self.thousands or self.thousands not in whole:
            return whole.isdecimal() or not whole
        first, *groups = whole.split(self.thousands)
        if first.startswith("0") or not 1 <= len(first) <= 3 or not all(map(str.isdecimal, (first, *groups))):
            return False
        lengths = {len(group) for group in groups[:-1]}
        return len(groups[-1]) == 3 and (lengths <= {3} or (lengths == {2} and len(first) < 3))  # Indian


FORMATS = tuple(
    NumberFormat(decimal, thousands)
    for thousands in ("", ",", ".", "'", " ")
    for decimal in ".,"
    if decimal != thousands
)
"""Those there are, the usual ones first."""
