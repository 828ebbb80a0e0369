"""What a prediction reads, and by which signature: decided here alone, without TensorFlow.

* A file of arrays (.npy, .npz) goes to `serving_default`, here and on a server. Here its values are read as
  those of the training; a server does not say how that was, and takes floats.
* A file of rows goes to `serving_default` by its columns, here and on a server.
* Images go to `image_bytes`. Here they are brought to the size of the training; a server gets PNG and JPEG
  files as they are, others as PNG, and does that itself.
* Files of any other kind, such as sounds or texts, are read by the format of the data that the head was
  trained on. Its card has that format, and a server does not give out cards: they are read here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.catalog import names_beside
from keras_ae.data.tables.suffixes import holds_rows
from keras_ae.errors import InputError
from keras_ae.formats import Format, files_of, formats
from keras_ae.formats.hooks.files import ARRAYS
from keras_ae.formats.images import Images, images_of
from keras_ae.formats.inputs import DEFAULT_SIGNATURE, IMAGES, HeadInputs
from keras_ae.names import nearby
from keras_ae.serving.card_signatures import signatures, version_card
from keras_ae.serving.versions import find_version, is_version

__all__ = ["Source", "check_paths", "refusal", "source_of"]


@dataclass(frozen=True)
class Source:
    """The inputs of a request.

    Attributes:
        format: What reads files of examples.
        signature: The signature to call where the request names none.
        file: The file of arrays or rows; None for files of examples.
    """

    format: Format
    signature: str
    file: Path | None = None


def source_of(request: PredictionRequest) -> Source:
    """Finds out what a request reads.

    Args:
        request: The request.

    Returns:
        The source.

    Raises:
        InputError: A path does not exist, kinds are mixed, files are of another kind than the head takes, or
            there is no such model, head, version or label.
    """
    check_paths(request.inputs)
    format, shape = _format(request)
    own = format.own_files(shape) and all(map(format.reads, request.inputs))
    files = [path for path in request.inputs if not own and _holds_arrays(path)]
    if files and len(request.inputs) > 1:
        raise InputError(
            f"expected one file of arrays or rows, or {format.noun}; received "
            f"{' '.join(map(str, request.inputs))}"
        )
    if files:
        return Source(format, DEFAULT_SIGNATURE, files[0])
    _check_kind(request, format)
    return Source(format, format.signature(shape))


def check_paths(paths: Sequence[Path]) -> None:
    """Checks that inputs are there.

    Args:
        paths: Files and folders.

    Raises:
        InputError: One does not exist.
    """
    for path in paths:
        if not path.exists():
            near = nearby(str(path), names_beside(str(path)))
            raise InputError(
                f"expected a file or a folder, received {str(path)!r}, which does not exist{near}; check it"
            )


def _format(request: PredictionRequest) -> tuple[Format, tuple[int, ...]]:
    """The format that reads files for a head, and the shape of an example; of images where it is unknown."""
    if request.url is not None:
        return Images(), ()
    folder = find_version(request.models, request.model, request.head, request.version, request.label)
    data = version_card(folder).get("data", {})
    inputs = signatures(folder).get(DEFAULT_SIGNATURE, {}).get("inputs", {})
    sides = inputs["inputs"]["shape"][1:] if "inputs" in inputs else data.get("shape") or ()
    shape = tuple(side or 0 for side in sides)
    return (data and files_of(data, shape)) or images_of(data), shape


def _holds_arrays(path: Path) -> bool:
    return path.is_file() and (path.suffix.lower() in ARRAYS or holds_rows(path))


def _check_kind(request: PredictionRequest, format: Format) -> None:
    """Refuses files that another format reads, by their suffixes."""
    others = {suffix for kind in formats().values() for suffix in kind.suffixes}  # type: ignore[attr-defined]
    for path in request.inputs:
        if format.reads(path) or path.suffix.lower() not in others:
            continue
        if request.url is not None:
            raise InputError(
                f"a server takes arrays, rows and images, and {path} is read by the exported head here; "
                "leave out --url"
            )
        raise InputError(
            f"expected files of the kind that this model was trained on ({' '.join(format.suffixes)}), "
            f"received {path}; give those"
        )


def refusal(request: PredictionRequest, format: Format, received: str) -> InputError:
    """The error for files to a head that does not take them, with those heads of the model that do.

    Args:
        request: The request.
        format: What reads the files.
        received: What is wrong.

    Returns:
        The error.
    """
    heads = {} if request.url else _heads(request.models / request.model)
    takes = {
        name: any(format.takes(HeadInputs(each["inputs"])) for each in own.values() if each["inputs"])
        for name, own in heads.items()
    }
    others = [f"--head {name}" for name, found in takes.items() if found and name != request.head]
    remedies = [f"for {format.noun}: {', or '.join(others)}"] if others else []
    if any(len(own.get(IMAGES, {}).get("inputs", ())) > 1 for own in heads.values()):
        remedies.append(f"for images with masks: keras-ae restore {request.model} IMAGE --mask MASK")
    return InputError("; ".join([received, *remedies]))


def _heads(model: Path) -> dict[str, dict]:
    """The signatures of each head of a model, of its newest version."""
    folders = {folder.parent.name: folder for folder in sorted(model.glob("*/*")) if is_version(folder)}
    return {name: signatures(folder) for name, folder in folders.items()}
