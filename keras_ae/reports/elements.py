"""Elements of HTML and SVG, whose texts are escaped as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

__all__ = ["Content", "element", "plain"]

Content = str | Element | None
"""What an element may contain: texts and elements; None is left out."""

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no document may hold."""


def element(tag: str, *content: Content | Iterable[Content], **attributes: object) -> Element:
    """An element with what it contains.

    Args:
        tag: Its name, such as "p".
        *content: Texts and elements, or iterables of them.
        **attributes: Its attributes, without those of None. A trailing underscore is dropped, others become
            hyphens; numbers are rounded to a tenth.

    Returns:
        The element.
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: _text(value) for name, value in named.items() if value is not None})
    for part in content:
        for one in [part] if part is None or isinstance(part, str | Element) else part:
            if isinstance(one, str):
                _append_text(made, plain(one))
            elif one is not None:
                made.append(one)
    return made


def plain(text: str) -> str:
    """A text without the characters that no document may hold.

    Args:
        text: Any text, such as the name of a column.

    Returns:
        The text with a replacement character for each of them.
    """
    return UNWRITABLE.sub("�", text)


def _append_text(parent, text):
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _text(value):
    if isinstance(value, str):
        return plain(value)
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
