"""The request for a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_ae.errors import InputError

__all__ = ["PredictionRequest"]


@dataclass(frozen=True)
class PredictionRequest:
    """Inputs for an exported head, and where its outputs go.

    Attributes:
        model: The name of an exported model.
        inputs: One file of arrays or rows, or images and folders of images.
        models: The folder of all exported models, for a head that runs in this process.
        head: The head's name, such as "encoder".
        url: A server, http://host:8501 or grpc://host:8500; None runs the head in this process.
        signature: The signature's name; otherwise serving_default, or image_bytes for images.
        label: The label of the version; otherwise stable here, and the newest version on a server.
        version: The number of the version.
        outputs: Names of the outputs to write; none stand for all.
        output: An .npz, .npy, .csv, .parquet or .tfrecord file, or a folder (ending in /) for PNG files;
            None writes nothing.
        force: Whether to replace existing files.
        batch: Rows at a time, at least 1.
        timeout: Seconds to wait for a server's answer.

    Raises:
        InputError: The batch is below 1.
    """

    model: str
    inputs: Sequence[Path]
    models: Path
    head: str = "encoder"
    url: str | None = None
    signature: str | None = None
    label: str | None = None
    version: int | None = None
    outputs: Sequence[str] = ()
    output: str | None = None
    force: bool = False
    batch: int = 64
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise InputError(f"expected --batch of at least 1, received {self.batch}")
