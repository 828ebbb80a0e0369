"""A page of a report, and the parts of it that are no charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, tostring

from keras_ae.reports.elements import Content, element
from keras_ae.reports.style import STYLE

__all__ = ["captioned", "facts", "folded", "page", "paragraphs", "section", "table"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Whatever text a page holds, browsers load nothing and run nothing."""


def page(title: str, parts: Iterable[Element], footer: str = "") -> str:
    """A whole page.

    Args:
        title: Its title.
        parts: What it contains.
        footer: A line at its end.

    Returns:
        The HTML, the same for the same content.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", title),
        element("style", STYLE),
    )
    main = element("main", element("h1", title), parts, element("footer", footer) if footer else None)
    document = element("html", head, element("body", main), lang="en")
    return f"<!DOCTYPE html>\n{tostring(document, encoding='unicode', method='html')}\n"


def section(title: str, *content: Content | Iterable[Content]) -> Element:
    """A part of a page.

    Args:
        title: Its title.
        *content: What it contains.

    Returns:
        The section.
    """
    return element("section", element("h2", title), *content)


def paragraphs(texts: Iterable[str], class_: str | None = None) -> list[Element]:
    """Paragraphs.

    Args:
        texts: Their texts; empty ones are left out.
        class_: Their class in the style sheet.

    Returns:
        The paragraphs.
    """
    return [element("p", text, class_=class_) for text in texts if text]


def facts(pairs: Mapping[str, Content]) -> Element:
    """A list of what is known, by name.

    Args:
        pairs: Texts or elements by name; empty ones are left out.

    Returns:
        The list.
    """
    known = {name: value for name, value in pairs.items() if value is not None and value != ""}
    return element(
        "dl", [part for name, value in known.items() for part in (element("dt", name), element("dd", value))]
    )


def table(
    titles: Sequence[str], rows: Iterable[Sequence[Content]], numbers: Sequence[str] = (), class_: str = ""
) -> Element:
    """A table.

    Args:
        titles: The titles of its columns.
        rows: The cells of each row.
        numbers: Titles of the columns of numbers, which are aligned on the right.
        class_: Its class in the style sheet.

    Returns:
        The table, which scrolls sideways where it is wider than the page.
    """
    classes = ["number" if title in numbers else None for title in titles]
    head = element(
        "tr", [element("th", title, class_=one) for title, one in zip(titles, classes, strict=True)]
    )
    body = [
        element("tr", [element("td", cell, class_=one) for cell, one in zip(row, classes, strict=True)])
        for row in rows
    ]
    whole = element("table", element("thead", head), element("tbody", body), class_=class_ or None)
    return element("div", whole, class_="scroll")


def captioned(content: Element, caption: Content | Iterable[Content] = None) -> Element:
    """A chart or an image with a caption below it.

    Args:
        content: The chart or image.
        caption: The caption.

    Returns:
        The figure.
    """
    return element("figure", content, None if caption is None else element("figcaption", caption))


def folded(title: str, *content: Content | Iterable[Content]) -> Element:
    """A part that is shown when its title is clicked.

    Args:
        title: The title.
        *content: What is shown.

    Returns:
        The part.
    """
    return element("details", element("summary", title), *content)


def _row(tag, cells, classes):
    return element("tr", [element(tag, cell, class_=one) for cell, one in zip(cells, classes, strict=True)])
