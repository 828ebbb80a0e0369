"""Images inside a page, so that it stays one file."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable
from xml.etree.ElementTree import Element

import numpy as np
from PIL import Image

from keras_ae.reports.elements import Content, element

__all__ = ["card", "cards", "image"]


def image(pixels: np.ndarray, text: str) -> Element:
    """An image.

    Args:
        pixels: (height, width, 1 or 3), uint8.
        text: What it shows, for those who do not see it.

    Returns:
        The element, which holds the image as WebP.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(stream, "WEBP", quality=82)
    return element("img", src=f"data:image/webp;base64,{b64encode(stream.getvalue()).decode()}", alt=text)


def card(shown: Iterable[Element], caption: Iterable[Content], flagged: bool) -> Element:
    """Images side by side with a caption.

    Args:
        shown: The images.
        caption: The caption.
        flagged: Whether the card stands out.

    Returns:
        The element.
    """
    class_ = "card flagged" if flagged else "card"
    return element("figure", shown, element("figcaption", caption), class_=class_)


def cards(each: Iterable[Element]) -> Element:
    """Cards in as many columns as the page is wide for.

    Args:
        each: The cards.

    Returns:
        The element.
    """
    return element("div", each, class_="cards")
