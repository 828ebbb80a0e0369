"""What a caller asks of a restoration, checked before any work."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path, PurePath

from keras_ae.apps.restoration.files import Job, check_output, image_jobs, listing
from keras_ae.apps.restoration.masks import mask_files
from keras_ae.errors import InputError
from keras_ae.serving.versions import find_exported, find_version, head_folders, versions

__all__ = ["HEAD", "RestorationRequest", "find_restorer"]

HEAD = "restorer"
"""The name of the head that restores images."""


def find_restorer(models: Path, text: str, version: int | None = None, head: str = HEAD) -> Path:
    """The folder of a model's exported restorer.

    Args:
        models: The folder of all exported models.
        text: The model's name, its recipe's, or the path of that recipe's .py file.
        version: The version's number; otherwise the one labeled stable.
        head: The head's name, for a model that answers in more than one way.

    Returns:
        The version's folder.

    Raises:
        InputError: If there is no such model, it has no such head, or not that version.
    """
    name = find_exported(models, text)
    others = sorted({folder.name for folder in head_folders(models) if folder.parent.name == name})
    if head != HEAD and head not in others:
        raise InputError(f"{name} has no exported head {head!r}; it has {', '.join(others) or 'none'}")
    if not versions(models / name / head):
        there = [folder.parent.name for folder in head_folders(models) if folder.name == HEAD]
        raise InputError(
            f"{name} has no exported {HEAD}; below {models}, {', '.join(there) or 'no model'} has one; train "
            "a recipe that restores images: make train RECIPE=photo_denoising"
        )
    return find_version(models, name, head, version)


@dataclass(frozen=True)
class RestorationRequest:
    """Images to restore.

    Attributes:
        output: The folder to write to.
        jobs: The images.
        masks: The path of the masks, or None.
        others: Names of files that are no images.
        failures: The reason, by name, for folders that cannot be listed and images without a mask.
        tile: Side of a tile in pixels.
        most_megapixels: Megapixels of an image at most, before and after restoration.
        hidden: A line about hidden files that are passed over; "" if there are none.
    """

    output: Path
    jobs: list[Job]
    masks: Path | None
    others: list[PurePath]
    failures: dict[str, str]
    tile: int = 512
    most_megapixels: float = 100.0
    hidden: str = ""

    @classmethod
    def of(
        cls,
        source: str,
        output: Path,
        masks: Path | None = None,
        force: bool = False,
        tile: int = 512,
        most_megapixels: float = 100.0,
    ) -> RestorationRequest:
        """Lists the files of a request and checks them.

        Args:
            source: An image, or a folder of images.
            output: The folder to write to.
            masks: A mask, or a folder of masks.
            force: Whether to replace existing files.
            tile: Pixels of a tile's side, at least 1; smaller ones need less memory.
            most_megapixels: Megapixels of an image at most, before and after restoration; above 0.

        Returns:
            The request.

        Raises:
            InputError: A number is out of range, the source or the masks do not exist, or the output
                cannot be used.
        """
        if tile < 1 or not 0 < most_megapixels < float("inf"):
            raise InputError(
                f"expected --tile of at least 1 and --most-megapixels above 0, received {tile} and "
                f"{most_megapixels:g}"
            )
        if not source:
            raise InputError("expected an image or a folder of images, received an empty name; name one")
        files = listing(Path(source), "images", output)
        jobs, failures = image_jobs(Path(source), files.names, output), dict(files.failures)
        if masks is not None:
            mask_by_name, unmasked = mask_files(masks, Path(source), files.names)
            jobs = [dataclasses.replace(job, mask=mask_by_name.get(job.name)) for job in jobs]
            failures |= unmasked
        read = [path for job in jobs for path in (job.source, job.mask) if path]
        written = [path for job in jobs for path in (job.restored, job.comparison)]
        check_output(output, read, written, force)
        others = [PurePath(name) for name in files.others]
        return cls(output, jobs, masks, others, failures, tile, most_megapixels, files.hidden)
