"""Restoration of images, read, restored and written one after another; unusable images are left out."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from keras_ae.apps.restoration.comparison import side_by_side, with_holes
from keras_ae.apps.restoration.files import Job, replacing
from keras_ae.apps.restoration.head import Restorer
from keras_ae.apps.restoration.images import DecodedImage, in_color, read_image, to_image
from keras_ae.apps.restoration.masks import missing_pixels
from keras_ae.apps.restoration.request import RestorationRequest
from keras_ae.apps.restoration.tiles import restored_levels
from keras_ae.errors import InputError

__all__ = ["Restoration", "restore", "restored_image", "summary"]

SAVED: dict[str, Any] = {"format": "PNG", "compress_level": 3}
"""How PNG files are written: a tenth larger than at Pillow's own level, in a third of the time."""


@dataclass
class Restoration:
    """The result of restoring images.

    Attributes:
        count: Images written.
        pixels: Their pixels before restoration.
        seconds: Seconds in the restorer.
        failures: The reason for each image that was left out, by its name.
    """

    count: int = 0
    pixels: int = 0
    seconds: float = 0.0
    failures: dict[str, str] = field(default_factory=dict)


def restore(
    restorer: Restorer,
    request: RestorationRequest,
    report: Callable[[str], None] = lambda line: None,
) -> Restoration:
    """Writes the restoration of each image and a comparison with it; unusable images are left out.

    Args:
        restorer: The head.
        request: The images and the folder to write to.
        report: Called with a line for each image that is written.

    Returns:
        How many images were written and how fast, and those left out.

    Raises:
        InputError: The restorer takes no masks, no image can be restored,
            or one cannot be written.
    """
    if request.masks is not None and not restorer.masked:
        raise InputError("expected no --mask, as this restorer takes none; received one; leave it out")
    most_pixels, done = int(request.most_megapixels * 1e6), Restoration(failures=dict(request.failures))
    for job in request.jobs:
        if job.name in done.failures:
            continue
        try:
            image = read_image(job.source, most_pixels, restorer.full_scale)
            _check_grown(image, restorer.scale, most_pixels)
            missing = missing_pixels(image, job.mask, most_pixels) if restorer.masked else None
            started = time.perf_counter()
            restored = restored_image(restorer, image, request.tile, missing)
            seconds = time.perf_counter() - started
        except (InputError, MemoryError) as error:
            done.failures[job.name] = str(error) or "it needs more memory than there is"
            continue
        _write(job, with_holes(image, missing), restored)
        done.count, done.seconds = done.count + 1, done.seconds + seconds
        done.pixels += image.levels[..., 0].size
        notes = f" ({'; '.join(restored.notes)})" if restored.notes else ""
        report(f"{job.name}  {image.size} -> {restored.size}  {seconds:.2f} s{notes}")
        del image, restored, missing  # before the next is read: they may take gigabytes
    if not done.count:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in done.failures.items())
        raise InputError(f"none of {len(done.failures)} images can be restored: {reasons}")
    return done


def restored_image(
    restorer: Restorer, image: DecodedImage, tile: int, missing: np.ndarray | None = None
) -> DecodedImage:
    """Restores an image.

    Transparency is enlarged with the image; it is dropped where no transparent pixel is left.

    Args:
        restorer: The head.
        image: The image.
        tile: Side of a tile in pixels.
        missing: (height, width) bool, pixels to fill in; they become opaque.

    Returns:
        The restored image.
    """
    if restorer.colored:
        image = in_color(image)
    levels, alpha = restored_levels(restorer, image.levels, tile, missing), image.alpha
    if alpha is not None and missing is not None:
        filled = np.where(missing, 255, alpha).astype(np.uint8)
        alpha = None if (filled == 255).all() and missing[alpha < 255].any() else filled
    if alpha is not None and restorer.scale > 1:
        size = levels.shape[1], levels.shape[0]
        alpha = np.asarray(Image.fromarray(alpha).resize(size, Image.Resampling.BICUBIC))
    return dataclasses.replace(image, levels=levels, alpha=alpha)


def summary(done: Restoration, request: RestorationRequest) -> list[str]:
    """Lines about a restoration: how many images and how fast, and the files that were left out.

    Args:
        done: The result.
        request: The request.

    Returns:
        The lines.
    """
    pixels, everything = done.pixels / 1e6, done.count + len(done.failures)
    lines = [
        f"restored {done.count} of {everything} images to {request.output}: {pixels:.2f} megapixels in "
        f"{done.seconds:.1f} s, {pixels / max(done.seconds, 1e-9):.3g} megapixels a second{_peak_memory()}"
    ]
    if request.others:
        kinds = sorted({suffix or "none" for suffix in (name.suffix.lower() for name in request.others)})
        lines.append(f"passed over {len(request.others)} other files, of suffix {', '.join(kinds[:8])}")
    lines += [request.hidden] if request.hidden else []
    if done.failures:
        named = ", ".join([*list(done.failures)[:8], *(["..."] if len(done.failures) > 8 else [])])
        lines.append(f"left out {len(done.failures)}: {named}")
    return lines


def _peak_memory():
    """The peak memory of the process, where the system knows it."""
    try:
        import resource
    except ImportError:  # not on Windows
        return ""
    unit = 1 if sys.platform == "darwin" else 1024
    return f", at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9:.2f} GB of memory"


def _check_grown(image, scale, most_pixels):
    """Raises InputError, whose text is the reason alone, for an image that would become too large."""
    pixels = image.levels[..., 0].size * scale**2
    if pixels > most_pixels:
        raise InputError(
            f"expected at most {most_pixels / 1e6:g} megapixels, but {image.size} enlarged {scale} times "
            f"a side becomes {pixels / 1e6:.3g}; raise --most-megapixels"
        )


def _write(job: Job, before: DecodedImage, after: DecodedImage) -> None:
    with replacing([job.restored, job.comparison]) as (restored, comparison):
        to_image(after).save(restored, **SAVED, icc_profile=after.profile)
        shown = side_by_side(before, after)
        same_kind = (
            shown.mode in ("L", "LA") if after.levels.shape[-1] == 1 else shown.mode in ("RGB", "RGBA")
        )
        shown.save(comparison, **SAVED, icc_profile=after.profile if same_kind else None)
