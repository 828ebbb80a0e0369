"""The verb that runs an exported head on one's own arrays and images: predict."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import uuid
import zipfile
import zlib
from pathlib import Path

from keras_ae.cli.arguments import add_models
from keras_ae.errors import InputError

ARRAYS, TABLES = (".npy", ".npz"), (".csv", ".tsv", ".txt")
SUFFIXES = frozenset(".jfif .jpeg .jpg .png".split())
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How the files of PNG and of JPEG begin."""
LARGEST_FILE, LARGEST = 64 * 2**20, 4 * 2**30
"""Bytes of an image's file, and of the arrays of an .npz, at most."""
FULL = {"uint8": 255.0, "uint16": 65535.0}
"""What stands for 1 in pixels of whole numbers."""

ORDER = 4


def add(verb) -> None:
    """Adds the verb of this file."""
    parser = verb("predict", predict, "run an exported head on arrays or images, here or on a server")
    parser.add_argument("recipe", help="a recipe's name")
    parser.add_argument(
        "inputs", nargs="+", type=Path, metavar="INPUT",
        help="an .npy or .npz file of arrays; a table's rows (.csv); or images (PNG, JPEG) and folders",
    )  # fmt: skip
    parser.add_argument(
        "--head", default="encoder", help="encoder, decoder, autoencoder, ... (default: %(default)s)"
    )
    parser.add_argument(
        "--url", help="a server, http://host:8501 or grpc://host:8500; otherwise it runs here, from --models"
    )
    parser.add_argument("--signature", help="otherwise serving_default, or image_bytes for images")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--label", help="of the version to ask; otherwise stable here, the newest on a server")
    which.add_argument("--version", type=int, metavar="N", help="number of the version to ask")
    parser.add_argument(
        "--output", metavar="FILE",
        help="an .npz file; or a folder (ending in /), for PNG files; otherwise a table is printed",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="overwrite files that are there")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="rows at a time (default: 64)")
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="S", help="seconds to wait for an answer (default: 60)"
    )
    add_models(parser)


def predict(options) -> int:
    """Gives the inputs to a head and keeps what it gives, or shows a table; 1 where some were of no use."""
    if options.batch < 1:
        raise InputError(f"expected --batch of at least 1, received {options.batch}")
    images, file = _sorted(options.inputs)
    with _opened(options, "serving_default" if file else "image_bytes") as (head, domain):
        tensors = head.tensors()
        if file and file.suffix.lower() in TABLES:
            given, names = _read_columns(file, tensors["inputs"]), None
        elif file:
            given, names = _read_arrays(file, tensors["inputs"], domain)
        else:
            given, names = {}, list(map(str, images))
        count = len(next(iter(given.values()), images))
        targets = _targets(options, tensors["outputs"], names or [f"{row:05d}" for row in range(count)])
        if file:
            outputs, used, faults = head.predict(given), list(range(count)), {}
        else:
            outputs, used, faults = _answers(head, tensors["inputs"], images, options.batch)
    for path, fault in faults.items():
        print(f"keras-ae: left out {path}: {fault}", file=sys.stderr)
    if not used:
        print(f"keras-ae: none of {count} images could be used", file=sys.stderr)
    elif options.output is None:
        _print_table(outputs)
    else:
        _write(outputs, targets, used, names)
    return 1 if faults else 0


def _sorted(paths):
    """The images that were named, those in folders with them, or the one file of arrays."""
    for path in paths:
        if not path.exists():
            raise InputError(f"expected a file or a folder, received {str(path)!r}, which does not exist")
    arrays = [path for path in paths if path.suffix.lower() in (*ARRAYS, *TABLES) and path.is_file()]
    if arrays and len(paths) > 1:
        raise InputError(
            f"expected one file of arrays or rows, or images; received {' '.join(map(str, paths))}"
        )
    if arrays:
        return [], arrays[0]
    images = []
    for path in paths:
        inside = sorted(
            file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()
        )
        if path.is_dir() and not inside:
            raise InputError(f"expected images ({' '.join(sorted(SUFFIXES))}) below {path}; found none")
        images += inside if path.is_dir() else [path]
    return list(dict.fromkeys(images)), None


@contextlib.contextmanager
def _opened(options, signature):
    """The head to ask, on a server or here, and the domain of its data where that is known."""
    recipe, signature = options.recipe.removesuffix(".py"), options.signature or signature
    if options.url is None:
        head = _Here(options, Path(recipe).name, signature)
        yield head, head.domain
        return
    from keras_ae.client import Client

    name = f"{Path(recipe).name}_{options.head}"
    settings = {"timeout": options.timeout, "batch": options.batch}
    with Client(options.url, name, options.label, options.version, signature, **settings) as client:
        yield client, None


class _Here:
    """A head below the folder of models, run in this process and asked as a Client is."""

    def __init__(self, options, recipe, signature):
        import tensorflow as tf

        from keras_ae.serving.versions import find_version, labels

        version = options.version
        if options.label is not None:
            there = labels(find_version(options.models, recipe, options.head).parent)
            if options.label not in there:
                raise InputError(
                    f"{recipe} has no {options.head} labeled {options.label!r}; it has {', '.join(there)}"
                )
            version = there[options.label]
        folder = find_version(options.models, recipe, options.head, version)
        self.loaded, self.tf, self.batch = tf.saved_model.load(str(folder)), tf, options.batch
        if signature not in self.loaded.signatures:
            there = ", ".join(sorted(self.loaded.signatures))
            raise InputError(f"{recipe}_{options.head} has no signature {signature!r}; it has {there}")
        self.function = self.loaded.signatures[signature]
        card = folder / "card.json"
        self.domain = json.loads(card.read_text()).get("data", {}).get("domain") if card.exists() else None

    def tensors(self):
        sides = {
            "inputs": self.function.structured_input_signature[1],
            "outputs": self.function.structured_outputs,
        }
        return {
            side: {
                name: {"shape": spec.shape.as_list(), "dtype": spec.dtype.name}
                for name, spec in sorted(specs.items())
            }
            for side, specs in sides.items()
        }

    def predict(self, given):
        from keras_ae.client.rows import in_batches

        def run(arrays):
            arguments = {name: self.tf.constant(array) for name, array in arrays.items()}
            try:
                return {name: value.numpy() for name, value in self.function(**arguments).items()}
            except self.tf.errors.InvalidArgumentError as error:
                raise InputError(_brief(error.message)) from error

        return in_batches(run, self.tensors(), given, self.batch)


def _read_arrays(path, specs, domain):
    """The arrays of a file that a signature takes, by name, and the names of their rows where it has them."""
    import numpy as np

    try:
        if path.suffix.lower() == ".npy":
            held, names = {"": np.load(path, mmap_mode="r", allow_pickle=False)}, None
        else:
            with zipfile.ZipFile(path) as archive:
                size = sum(member.file_size for member in archive.infolist())
            if size > LARGEST:
                raise InputError(
                    f"{path} takes {size / 2**30:.1f} GiB, at most {LARGEST / 2**30:.0f} are read"
                )
            with np.load(path, allow_pickle=False) as archive:
                held = dict(archive)
            names = held.pop("files", None)
    except InputError:
        raise
    except (
        OSError,
        ValueError,
        EOFError,
        MemoryError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(
            f"{path} cannot be read as a NumPy file of plain numbers ({' '.join(str(error).split())}); "
            "write it with numpy.save or numpy.savez"
        ) from error
    if len(held) == len(specs) == 1:
        held = dict(zip(specs, held.values(), strict=True))
    if not set(specs) <= set(held):
        there = ", ".join(name or "one array" for name in held) or "nothing"
        raise InputError(f"expected {', '.join(specs)} in {path} (see numpy.savez); it holds {there}")
    given = {name: _suited(name, held[name], spec, domain, path) for name, spec in specs.items()}
    is_named = names is not None and names.dtype.kind == "U" and {names.size} == set(map(len, given.values()))
    return given, names.ravel().tolist() if is_named else None


def _read_columns(path, specs):
    """The columns of a file of rows that a signature takes, by name; words where it takes strings."""
    import numpy as np

    from keras_ae.data.tables.csv_file import form_of, read_table
    from keras_ae.data.tables.preprocessing import served_names, words_of

    names = served_names(form_of(path).names)
    if list(specs) == ["inputs"] or not set(specs) <= set(names):
        lacking = ", ".join(name for name in specs if name not in names)
        raise InputError(f"expected a column for each of the head's inputs in {path}, it lacks {lacking}")
    kinds = {names[name]: "text" if spec["dtype"] == "string" else "number" for name, spec in specs.items()}
    columns = read_table(path, kinds, only=tuple(kinds)).columns
    return {
        name: words_of(columns[names[name]])
        if spec["dtype"] == "string"
        else columns[names[name]].values.astype(np.float32)
        for name, spec in specs.items()
    }


def _suited(name, array, spec, domain, path):
    """An array as training would have read it: an axis for one channel, pixels as parts of 1."""
    if not array.ndim:
        raise InputError(f"expected {name} in {path} with an axis of examples, received a single value")
    if name == "inputs" and spec["dtype"] == "float32" and array.dtype.name in FULL and domain != "real":
        if domain is None:
            raise InputError(
                f"expected floats in {path}, pixels as parts of 1; received {array.dtype}; divide them by "
                f"{FULL[array.dtype.name]:.0f}, or give them as float32 if those are the units of the data"
            )
        array = (array / FULL[array.dtype.name]).astype("float32")
    shape = spec["shape"]
    return array[..., None] if shape and shape[-1] == 1 and array.ndim == len(shape) - 1 else array


def _answers(head, specs, images, batch):
    """(outputs by name, which images they are of, faults by path) of those images that are of use."""
    import numpy as np

    if [spec["dtype"] for spec in specs.values()] != ["string"]:
        raise InputError(f"expected arrays ({', '.join(specs)}) in an .npz file, received images")
    answered, faults = [], {}
    for begin in range(0, len(images), batch):
        contents = {}
        for row in range(begin, min(begin + batch, len(images))):
            content = _content(images[row])
            if isinstance(content, str):
                faults[images[row]] = content
            else:
                contents[row] = content
        answered += _together(head, contents, images, faults)
    used = [row for rows, _ in answered for row in rows]
    names = answered[0][1] if answered else ()
    return {name: np.concatenate([outputs[name] for _, outputs in answered]) for name in names}, used, faults


def _together(head, contents, images, faults):
    """[(rows, their outputs)] of images asked in one; where that is refused, one by one."""
    if not contents:
        return []
    try:
        return [(list(contents), head.predict(list(contents.values())))]
    except InputError as error:
        if len(contents) == 1:
            faults[images[next(iter(contents))]] = _brief(str(error))
            return []
    return [pair for row in contents for pair in _together(head, {row: contents[row]}, images, faults)]


def _content(path):
    """The bytes of an image's file, or what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            return f"its file takes more than {LARGEST_FILE // 2**20} MiB"
        content = path.read_bytes()
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if not content:
        return "its file is empty"
    return content if content.startswith(STARTS) else "neither PNG nor JPEG"


def _brief(message):
    """A message without where in the graph TensorFlow was."""
    return " ".join(message.partition("[[{{node")[0].rpartition("<stack traces unavailable>")[2].split())


def _targets(options, outputs, names):
    """Where outputs go: {"": the .npz file, output's name: a PNG file a row}; none may be there already."""
    if options.output is None:
        return {}
    target = Path(options.output)
    if not (options.output.endswith(("/", os.sep)) or target.is_dir()):
        if target.suffix.lower() != ".npz":
            raise InputError(
                f"expected --output to end in .npz, or in / for a folder; received {options.output!r}"
            )
        targets = {"": target}
    else:
        drawn = [
            name for name, spec in outputs.items() if name.endswith("_bytes") and spec["dtype"] == "string"
        ]
        stems = [Path(name).stem for name in names]
        if len(set(stems)) < len(stems):
            stems = [f"{row:05d}_{stem}" for row, stem in enumerate(stems)]
        targets = {
            name: [target / (f"{stem}_{name}.png" if len(drawn) > 1 else f"{stem}.png") for stem in stems]
            for name in drawn
        }
        if len(drawn) < len(outputs):
            targets[""] = target / "outputs.npz"
    files = [file for group in targets.values() for file in ([group] if isinstance(group, Path) else group)]
    there = [file for file in files if file.exists()]
    if there and not options.force:
        raise InputError(f"{there[0]} is there already; name another --output, or overwrite with --force")
    read = {Path(name).resolve() for name in (*names, *options.inputs)}
    if any(file.resolve() in read for file in there):
        raise InputError(f"--output {options.output} would overwrite what is read; name another")
    return targets


def _write(outputs, targets, used, names):
    """Writes PNG files and the .npz file, in which rows of images keep the names of their files."""
    import numpy as np

    for name, paths in targets.items():
        if name:
            paths[0].parent.mkdir(parents=True, exist_ok=True)
            for row, content in zip(used, outputs[name], strict=True):
                paths[row].write_bytes(content)
            print(f"{len(used)} images of {name} in {paths[0].parent}")
    if "" in targets:
        # strings of a fixed width, as objects would have to be pickled; no PNG ends in the zeros they lose
        arrays = {
            name: array.astype("S") if array.dtype == object else array
            for name, array in outputs.items()
            if name not in targets
        }
        file = targets[""]
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f"{file.name}.{uuid.uuid4().hex}")
        try:
            with open(aside, "wb") as writing:
                np.savez(
                    writing, **arrays, **({"files": np.array([names[row] for row in used])} if names else {})
                )
            os.replace(aside, file)
        finally:
            aside.unlink(missing_ok=True)
        print(f"{len(used)} rows of {', '.join(arrays)} in {file}")


def _print_table(outputs):
    """Name, shape, type and range of each output."""
    import numpy as np

    rows = [("output", "shape", "dtype", "minimum", "mean", "maximum")]
    for name, array in outputs.items():
        if array.dtype == object:
            numbers = ("-", "-", "-")
        else:
            numbers = (f"{value:.5g}" for value in (array.min(), array.mean(dtype=np.float64), array.max()))
        rows.append(
            (name, str(array.shape), "bytes" if array.dtype == object else array.dtype.name, *numbers)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        left, right = row[:3], row[3:]
        cells = [f"{cell:{width}}" for cell, width in zip(left, widths, strict=False)]
        print("  ".join(cells + [f"{cell:>{width}}" for cell, width in zip(right, widths[3:], strict=True)]))
