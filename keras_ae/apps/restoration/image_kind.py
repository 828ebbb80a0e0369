"""Restoration of images, as `keras-ae restore` does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_ae.apps.restoration.kinds import Kind, Restored
from keras_ae.apps.restoration.request import RestorationRequest

__all__ = ["ImageKind"]


class ImageKind(Kind):
    """Images, a tile at a time."""

    options = ("mask", "tile", "most_megapixels")

    @classmethod
    def accepts(cls, card: Mapping[str, Any]) -> bool:
        return "rate" not in card.get("restorer", {})

    @classmethod
    def request(cls, source: str, output: Path, force: bool, **options: Any) -> RestorationRequest:
        masks = options.pop("mask", None)
        return RestorationRequest.of(source, output, masks, force, **options)

    @classmethod
    def restore(cls, folder: Path, request: RestorationRequest, report: Callable[[str], None]) -> Restored:
        from keras_ae.apps.restoration.head import Restorer
        from keras_ae.apps.restoration.restore import restore, summary

        done = restore(Restorer.of(folder), request, report)
        files = [job.restored for job in request.jobs if str(job.name) not in done.failures]
        return Restored(files, done.failures, summary(done, request))
