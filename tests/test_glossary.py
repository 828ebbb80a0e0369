"""The words of names: the field's, and none that the glossary replaced."""

import ast
import re

import pytest
from source import FILES, ROOT, tree_of

REPLACED = {
    "asked": "request",
    "colour": "color",
    "colours": "colors",
    "draw": "sample, or render for an image",
    "drawable": "image",
    "drawing": "image",
    "drawings": "images",
    "drawn": "samples, or rendered for an image",
    "draws": "samples",
    "due": "expected",
    "embedding": "code",
    "embeddings": "codes",
    "figure": "metric",
    "figures": "metrics",
    "forced": "teacher_forced",
    "found": "what was found: metrics, columns, ...",
    "given": "inputs, or example",
    "grey": "gray",
    "guess": "the auxiliary loss",
    "held": "what it is held by",
    "intake": "preprocessor",
    "kept": "artifacts, or what is kept",
    "made": "generated",
    "measure": "metric",
    "measured": "metrics",
    "measures": "metrics",
    "medium": "format",
    "mend": "repair",
    "mended": "repaired",
    "named": "by_name, or what the names are of",
    "neighbour": "neighbor",
    "neighbours": "neighbors",
    "picture": "image",
    "pictures": "images",
    "place": "index, position, pixel, tile or step",
    "places": "indices, positions, pixels, tiles or steps",
    "reopen": "load",
    "saved": "artifacts",
    "seen": "inputs, or what was seen",
    "share": "fraction, probability, contribution or cdf",
    "shares": "fractions, probabilities, contributions",
    "taken": "inputs",
    "told": "the text that is told",
    "trait": "attribute",
    "traits": "attributes",
    "unit": "dimension of a code",
    "units": "dimensions of a code",
    "wanted": "expected, or request",
    "wish": "request",
    "wished": "requested",
}
"""Words that stand in no name, and what to say instead."""

ALLOWED = {
    "draws": {"MixtureDraws"},  # the path of its weights in a saved model has the name of the class
    "embedding": {"embedding_dim"},  # of a vector in a codebook, as van den Oord et al. have it
    "embeddings": {
        "num_embeddings",  # the same
        "embeddings",  # of another network, as data
        "Embeddings",
    },
    "forced": {"teacher_forced", "_teacher_forced"},  # Williams and Zipser's term
    "held": {
        "held_out",
        "held_back",
        "on_held_back",
        "held_back_batches",
        "held_back_batch",
    },  # data that is not trained on
    "unit": {
        "unit",  # of measurement, such as °C
        "unit_interval",  # of length 1
        "_unit_gaussian",  # of variance 1
    },
    "units": {
        "units",  # the width of a layer, as Keras calls it
        "prior_units",
        "posterior/active_units",  # Burda et al.'s term
        "active_units",
        "auxiliary_units",  # dead units, Gao et al.'s term
        "TopUnits",
        "are_units",  # of measurement
        "in_original_units",  # as scikit-learn says it of a scaler
    },
}
"""Names in which a word is right, and why."""

REMAINING: dict[str, set[str]] = {}
"""Names that are to be changed yet, by file."""


def words(name):
    """The words of a name in snake_case, CamelCase or with dashes, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def option_names(call):
    """The options that a call of `add_argument` adds."""
    return [
        arg.value for arg in call.args if isinstance(arg, ast.Constant) and str(arg.value).startswith("--")
    ]


def literal_text(node):
    """The text of a string, without what an f-string fills in."""
    if isinstance(node, ast.JoinedStr):
        return " ".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def column_names(tree):
    """The columns of a file that writes CSV: texts in tuples and lists."""
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    if "csv" in imported:
        for node in ast.walk(tree):
            if isinstance(node, (ast.Tuple, ast.List)):
                yield from filter(None, map(literal_text, node.elts))


def names_in(tree):
    """Classes, functions, methods, fields, options, CSV columns and TensorBoard tags of a file."""
    yield from column_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (part.target.id for part in node.body if isinstance(part, ast.AnnAssign))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "add_argument":
                yield from option_names(node)
            if ast.unparse(node.func).startswith("tf.summary.") and node.args:
                yield literal_text(node.args[0])


def wrong_words(name):
    return [word for word in words(name) if word in REPLACED and name not in ALLOWED.get(word, ())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_take_no_word_that_was_replaced(path):
    names = {path.stem, path.parent.name, *names_in(tree_of(path))}
    names -= REMAINING.get(str(path.relative_to(ROOT)), set())
    wrong = {name: [f"{word}: say {REPLACED[word]}" for word in wrong_words(name)] for name in sorted(names)}
    assert not {name: advice for name, advice in wrong.items() if advice}


def test_variables_of_make_take_no_word_that_was_replaced():
    text = (ROOT / "Makefile").read_text()
    names = set(" ".join(re.findall(r"^TAKES\.\S+ :=(.*)$", text, re.M)).split())
    assert len(names) > 10
    assert not {name for name in names if wrong_words(name.lower())} - REMAINING.get("Makefile", set())
