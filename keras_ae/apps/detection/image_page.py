"""The report of a folder of images: the most unlike ones with their maps, and how all of them score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import numpy as np

from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.image_scoring import ImageMap, ScoredImages
from keras_ae.apps.detection.summary import rarity
from keras_ae.reports.elements import element
from keras_ae.reports.histogram import histogram
from keras_ae.reports.images import card, cards, image
from keras_ae.reports.page import captioned, facts, folded, paragraphs, section, table

if TYPE_CHECKING:
    from keras_ae.apps.detection.image_report import TopImage

__all__ = ["image_sections"]

READING = (
    "On the left the image as the model sees it, its middle resized; on the right what its score comes from, "
    "in red, in one scale for all images. A red bar above marks flagged images."
)
SCORES = (
    "Scores of all images: flagged ones red, others blue. The black outline is the distribution of the "
    "normal images held back, the dashed line the threshold. Numbers of images grow by factors."
)


def image_sections(
    shown: Sequence[ImageMap],
    of_row: Mapping[int, TopImage],
    top: Sequence[TopImage],
    scored: ScoredImages,
    detector: Detector,
    metrics: Mapping[str, float],
    told: str,
) -> list[Element]:
    """The sections of the report of a folder of images.

    Args:
        shown: Images with their maps, the highest score first.
        of_row: Images with their scores, by index.
        top: The images with the highest scores, the highest first.
        scored: The scores of all images.
        detector: The detector.
        metrics: How well scores tell what folders and masks say, by title.
        told: What the metrics are of.

    Returns:
        The sections.
    """
    finite = np.isfinite(scored.scores)
    chart = histogram(
        scored.scores[finite], scored.flags[finite], detector.reference, detector.fitted.value, "images"
    )
    sections = [
        section("The most unlike images", paragraphs([READING]), cards(_card(one, of_row) for one in shown)),
        section("Scores", captioned(chart, SCORES)),
    ]
    if metrics:
        values = {name: f"{value:.3f}" for name, value in metrics.items()}
        what = paragraphs([f"Measured on {told}. 1 is perfect, and an AUROC of .5 is chance."])
        sections.append(section("How well folders and masks are told", facts(values), what))
    listing = table(
        ("file", "folder", "score", "p-value", ""),
        [
            (
                one.name,
                one.label,
                f"{one.score:.4g}",
                f"{one.p_value:.2g}",
                element("span", "flagged", class_="odd") if one.flagged else "",
            )
            for one in top
        ],
        ("score", "p-value"),
    )
    return [*sections, section("List", folded(f"the {len(top):,} most unlike images", listing))]


def _card(pair, of_row):
    one = of_row[pair.index]
    caption = f"{one.name}: score {one.score:.4g}, {rarity(one.p_value)}"
    return card(
        [image(pair.view, one.name), image(pair.overlay, f"map of {one.name}")],
        [element("span", caption, class_="odd" if one.flagged else None)],
        one.flagged,
    )
