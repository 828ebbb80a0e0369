"""The files that outputs of a head are written to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.prediction.summary import words_in
from keras_ae.counts import counted
from keras_ae.errors import InputError
from keras_ae.files import check_folder, check_new, written_whole
from keras_ae.formats import Format
from keras_ae.serving.columns import RowWriter

__all__ = ["OutputFiles", "check_output", "output_files", "write"]


@dataclass(frozen=True)
class OutputFiles:
    """The files that a prediction writes.

    Attributes:
        images: For each output of encoded images, by name, a PNG file per row.
        arrays: The .npz, .npy or .csv file of all other outputs, or None.
    """

    images: dict[str, list[Path]] = field(default_factory=dict)
    arrays: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """All files."""
        images = [path for paths in self.images.values() for path in paths]
        return images + ([self.arrays] if self.arrays else [])


def check_output(output: str | None, specs: Mapping[str, dict[str, Any]], force: bool = False) -> None:
    """Checks where outputs go, before the head is loaded.

    Args:
        output: As for `output_files`.
        specs: The outputs to write, as far as they are known; empty if they are not.
        force: Whether to replace existing files.

    Raises:
        InputError: The output has another suffix, cannot hold these outputs, already exists, or cannot be
            written.
    """
    if output is None:
        return
    target = Path(output)
    if output.endswith(("/", os.sep)) or target.is_dir():
        check_folder(target, "--output")
        return
    _check_kind(target, specs)
    check_new(target, force)


def output_files(
    output: str | None,
    specs: Mapping[str, dict[str, Any]],
    names: Sequence[str],
    inputs: Sequence[Path],
    force: bool = False,
    format: Format | None = None,
) -> OutputFiles:
    """Decides which files a prediction will write.

    Args:
        output: An .npz, .npy or .csv file, or a folder (ending in /) for PNG files; None writes nothing.
        specs: The outputs to write, {"shape", "dtype"} by name.
        names: A name for each row, such as its image's path.
        inputs: The paths that are read.
        force: Whether to replace existing files.
        format: The format that writes reconstructions into a folder; None for inputs that are arrays.

    Returns:
        The files.

    Raises:
        InputError: The output has another suffix, cannot hold these outputs, already exists, or would
            overwrite an input.
    """
    if output is None:
        return OutputFiles()
    target = Path(output)
    if output.endswith(("/", os.sep)) or target.is_dir():
        files = _in_folder(target, specs, names, format)
    else:
        _check_kind(target, specs)
        files = OutputFiles(arrays=target)
    existing = [path for path in files.paths if path.exists()]
    if existing and not force:
        raise InputError(f"{existing[0]} already exists; name another --output, or overwrite with --force")
    read = {path.resolve() for path in (*map(Path, names), *inputs)}
    if any(path.resolve() in read for path in existing):
        raise InputError(f"--output {output} would overwrite an input; name another")
    return files


def _check_kind(target, specs):
    """Raises InputError for a file that is of unknown kind, or cannot hold the outputs."""
    suffix = target.suffix.lower()
    if suffix not in (".npz", ".npy", ".csv"):
        raise InputError(
            f"expected --output to end in .npz, .npy or .csv, or in / for a folder; received {str(target)!r}"
        )
    if suffix == ".npy" and len(specs) > 1:
        raise InputError(
            f"an .npy holds one output, the head gives {', '.join(specs)}; choose one with --outputs, or "
            "write an .npz or a .csv"
        )
    images = [name for name, spec in specs.items() if _are_images(name, spec)]
    words = [name for name, spec in specs.items() if spec["dtype"] == "string" and name not in images]
    if words and suffix == ".npy":
        raise InputError(f"an .npy holds numbers, {words[0]} is words; write a .csv or an .npz")
    if images and suffix != ".npz":
        raise InputError(
            f"a {suffix} holds no files, {images[0]} is encoded images; choose others with "
            "--outputs, or write an .npz or a folder"
        )


def _are_images(name, spec):
    """Whether an output is of encoded images; other strings are words."""
    return spec["dtype"] == "string" and name.endswith("_bytes")


def _in_folder(folder, specs, names, format):
    """PNG files named like the rows, or files of a format, and one file for all other outputs."""
    images = [name for name, spec in specs.items() if _are_images(name, spec)]
    stems = [Path(name).stem for name in names]
    if len(set(stems)) < len(stems):
        stems = [f"{row:05d}_{stem}" for row, stem in enumerate(stems)]
    several = len(images) > 1
    if format is not None and "reconstruction" in specs:
        name = "classes" if "classes" in specs else "reconstruction"  # which has probabilities of these
        suffix = format.suffix_for(tuple(specs[name]["shape"][1:]))
        stems = [folder / f"{stem}{suffix}" for stem in stems]
        return OutputFiles({name: stems}, folder / "outputs.npz" if len(specs) > 1 else None)
    return OutputFiles(
        {
            name: [folder / (f"{stem}_{name}.png" if several else f"{stem}.png") for stem in stems]
            for name in images
        },
        folder / "outputs.npz" if len(images) < len(specs) else None,
    )


def write(
    files: OutputFiles,
    outputs: Mapping[str, np.ndarray],
    rows: Sequence[int],
    names: Sequence[str] | None,
    columns: Sequence[str] = (),
    format: Format | None = None,
    lengths: np.ndarray | None = None,
) -> list[str]:
    """Writes the outputs of a prediction.

    Args:
        files: The files to write.
        outputs: Arrays by name, a row for each input that could be used.
        rows: The index among all inputs of each of those rows.
        names: The names of all inputs, written into the .npz file as `files`; None writes none.
        columns: The columns of the table that the head was trained on; those of a .csv are called after them.
        format: The format that writes reconstructions into a folder.
        lengths: (n,), how much of each reconstruction counts; None for all.

    Returns:
        Lines that say what was written.
    """
    lines = []
    for name, paths in files.images.items():
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        encoded = outputs[name].dtype == object
        for number, (row, content) in enumerate(zip(rows, outputs[name], strict=True)):
            if encoded:
                with written_whole(paths[row]) as (partial,):
                    partial.write_bytes(content)
            elif format is not None:
                most = None if lengths is None else lengths[number]
                format.write(content[:most], paths[row].with_suffix(""))
        lines.append(f"{counted(len(rows), 'image' if encoded else 'file')} of {name} in {paths[0].parent}")
    if files.arrays is not None:
        arrays = {name: array for name, array in outputs.items() if name not in files.images}
        files.arrays.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(files.arrays) as (partial,):
            _write_arrays(partial, arrays, [names[row] for row in rows] if names else None, columns)
        lines.append(f"{len(rows)} rows of {', '.join(arrays)} in {files.arrays}")
    return lines


def _write_arrays(path, arrays, names, columns):
    """Writes arrays as the file's suffix says; the names of their rows, where it has room for them."""
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            shapes = {name: array.shape[1:] for name, array in arrays.items()}
            writer = RowWriter(file, shapes, ("name",) if names else (), columns)
            writer.add({name: words_in(array) for name, array in arrays.items()}, (names,) if names else ())
    elif path.suffix == ".npy":
        [array] = arrays.values()
        np.save(path, words_in(array))
    else:
        # strings of a fixed width, as objects would have to be pickled; no PNG ends in the zeros they lose
        arrays = {
            name: array.astype("S") if array.dtype == object else array for name, array in arrays.items()
        }
        np.savez(path, **arrays, **({"files": np.array(names)} if names else {}))
