"""What is asked of an encoding on a command line, and the head and the input that it names."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which head is to encode which input."""
    parser.add_argument("recipe", help="the name of an exported recipe")
    parser.add_argument("input", help="a data set's name, a folder of images, an .npy or .npz file")
    parser.add_argument("--outputs", default="", metavar="NAME,...", help="what to write (default: code)")
    parser.add_argument("--head", default="encoder", help="the head (default: %(default)s)")
    parser.add_argument("--version", type=int, metavar="N", help="of the head; otherwise the stable one")
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), help="of a named data set; otherwise all of it"
    )
    parser.add_argument("--key", help="name of the array in an .npz, as data.key in training")
    parser.add_argument("--batch", type=int, metavar="N", help="examples at a time (default: by their size)")


def opened(options: argparse.Namespace):
    """The head and the input that arguments name: (Head, Stream). TensorFlow is imported here.

    Raises InputError for what there is not, and for an input that the head does not take.
    """
    from keras_ae.apps.encoding.head import Head
    from keras_ae.data.streams.stream import open_stream
    from keras_ae.serving.versions import find_version

    recipe = Path(options.recipe).name.removesuffix(".py")
    folder = find_version(options.models, recipe, options.head, options.version)
    head = Head.of(folder, tuple(options.outputs.replace(",", " ").split()))
    return head, open_stream(options.input, head.taken, options.split, options.key)
