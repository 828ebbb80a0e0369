"""Restoring: images read, restored and written one after another; those of no use are left out."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from keras_ae.apps.restoration.comparison import side_by_side, with_holes
from keras_ae.apps.restoration.files import Job, written
from keras_ae.apps.restoration.head import Restorer
from keras_ae.apps.restoration.images import DecodedImage, in_color, read_image, to_image
from keras_ae.apps.restoration.masks import missing_pixels
from keras_ae.apps.restoration.request import Request
from keras_ae.apps.restoration.tiles import restored_levels
from keras_ae.errors import InputError

SAVED = {"format": "PNG", "compress_level": 3}
"""Of photographs a tenth larger than at Pillow's own level, in a third of the time."""


@dataclass
class Restored:
    """What restoring came to: images written, their pixels, seconds in the restorer, faults by name."""

    count: int = 0
    pixels: int = 0
    seconds: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)


def restore(
    restorer: Restorer,
    request: Request,
    tile: int,
    most_megapixels: float,
    report: Callable[[str], None] = lambda line: None,
) -> Restored:
    """Writes a restored image and a comparison of each image asked for; those of no use are left out.

    tile: pixels a side kept of a tile. most_megapixels: of an image, before and after. report:
        called with a line for each image that is written.
    Raises InputError for masks that the restorer does not take, where no image can be restored, and
    where one cannot be written.
    """
    if request.masks is not None and not restorer.masked:
        raise InputError("expected no --mask, as this restorer takes none; received one; leave it out")
    most_pixels, done = int(most_megapixels * 1e6), Restored(faults=dict(request.faults))
    for job in request.jobs:
        if job.name in done.faults:
            continue
        try:
            image = read_image(job.source, most_pixels)
            _check_grown(image, restorer.scale, most_pixels)
            missing = missing_pixels(image, job.mask, most_pixels) if restorer.masked else None
            started = time.perf_counter()
            restored = restored_image(restorer, image, tile, missing)
            seconds = time.perf_counter() - started
        except (InputError, MemoryError) as error:
            done.faults[job.name] = str(error) or "it takes more memory than there is"
            continue
        _write(job, with_holes(image, missing), restored)
        done.count, done.seconds = done.count + 1, done.seconds + seconds
        done.pixels += image.levels[..., 0].size
        notes = f" ({'; '.join(restored.notes)})" if restored.notes else ""
        report(f"{job.name}  {image.size} -> {restored.size}  {seconds:.2f} s{notes}")
        del image, restored, missing  # before the next is read: they may take gigabytes
    if not done.count:
        reasons = "; ".join(f"{name}: {fault}" for name, fault in done.faults.items())
        raise InputError(f"none of {len(done.faults)} images can be restored: {reasons}")
    return done


def restored_image(
    restorer: Restorer, image: DecodedImage, tile: int, missing: np.ndarray | None = None
) -> DecodedImage:
    """What the restorer makes of an image; missing: (height, width) bool, which become opaque.

    Transparency goes where none is left of it, and is enlarged as the image is.
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


def summary(done: Restored, request: Request) -> list[str]:
    """What to tell of a restoring: how many and how fast, and what was passed over or left out."""
    pixels, everything = done.pixels / 1e6, done.count + len(done.faults)
    lines = [
        f"restored {done.count} of {everything} images to {request.output}: {pixels:.2f} megapixels in "
        f"{done.seconds:.1f} s, {pixels / max(done.seconds, 1e-9):.3g} megapixels a second{_peak_memory()}"
    ]
    if request.others:
        kinds = sorted({suffix or "none" for suffix in (name.suffix.lower() for name in request.others)})
        lines.append(f"passed over {len(request.others)} other files, of suffix {', '.join(kinds[:8])}")
    if done.faults:
        named = ", ".join([*list(done.faults)[:8], *(["..."] if len(done.faults) > 8 else [])])
        lines.append(f"left out {len(done.faults)}: {named}")
    return lines


def _peak_memory():
    """What of memory the process has held at most, where the system tells."""
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
    with written([job.restored, job.comparison]) as (restored, comparison):
        to_image(after).save(restored, **SAVED, icc_profile=after.profile)
        shown = side_by_side(before, after)
        alike = shown.mode in ("L", "LA") if after.levels.shape[-1] == 1 else shown.mode in ("RGB", "RGBA")
        shown.save(comparison, **SAVED, icc_profile=after.profile if alike else None)
