"""What is asked of a restoring, found and checked before any work."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path, PurePath

from keras_ae.apps.restoration.files import Job, check_output, listing, named_jobs
from keras_ae.apps.restoration.masks import mask_files
from keras_ae.errors import InputError


@dataclass(frozen=True)
class Request:
    """Images to restore.

    masks: the path given for them, if any. others: names of files that are no images. faults: what
    is wrong, by name, with folders that cannot be listed and with images that have no mask.
    """

    output: Path
    jobs: list[Job]
    masks: Path | None
    others: list[PurePath]
    faults: dict[str, str]

    @classmethod
    def of(cls, source: str, output: Path, masks: Path | None = None, force: bool = False) -> Request:
        """What an image or folder named, and one of masks, come to.

        force: whether files that are there are replaced.
        Raises InputError for what there is not, and for an output that is of no use.
        """
        if not source:
            raise InputError("expected an image or a folder of images, received an empty name; name one")
        found = listing(Path(source), "images", output)
        jobs, faults = named_jobs(Path(source), found.images, output), dict(found.faults)
        if masks is not None:
            files, unmasked = mask_files(masks, Path(source), found.images)
            jobs = [dataclasses.replace(job, mask=files.get(job.name)) for job in jobs]
            faults |= unmasked
        check_output(output, jobs, force)
        return cls(output, jobs, masks, [PurePath(name) for name in found.others], faults)
