"""What a SavedModel's signatures run: no state but weights, no randomness, nothing that needs Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from keras_ae.errors import ExportError

FORBIDDEN = re.compile(
    "Random|Multinomial|TruncatedNormal|CandidateSampler|SampleDistorted|Rng|Stateful(?!PartitionedCall)"
    "|PyFunc|Assign|Resource(Apply|Scatter|Sparse|Strided)|^Scatter(Add|Update|Sub)|Xla"
)
"""Ops that draw, that change what the next request sees, or that a server in C++ cannot run everywhere."""
MUST_COMPILE = "_XlaMustCompile"


def operations(folder: Path) -> dict[str, list[NodeDef]]:
    """Every op that each signature of a SavedModel runs, near and far, by signature."""
    saved = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    nodes = {node.name: node for node in graph.node}
    library = {part.signature.name: part for part in graph.library.function}
    return {
        name: list(_reached(signature, nodes, library))
        for name, signature in saved.meta_graphs[0].signature_def.items()
        if signature.method_name
    }


def refuse_forbidden(folder: Path) -> None:
    """Raises ExportError for a signature that runs a forbidden op, naming signature, op and node."""
    for signature, nodes in operations(folder).items():
        for node in nodes:
            compiled = node.attr[MUST_COMPILE].b if MUST_COMPILE in node.attr else False
            if FORBIDDEN.search(node.op) or compiled:
                why = "must be compiled by XLA" if compiled else node.op
                raise ExportError(
                    f"signature {signature} of {folder.name} runs {node.name} ({why}); a served head draws "
                    "nothing, changes nothing and needs no Python or XLA: take that out of what it calls"
                )


def _reached(signature, nodes, library) -> Iterator[NodeDef]:
    """The nodes that a signature's outputs come from, and those of every function called on the way."""
    waiting = [nodes[_node_of(info.name)] for info in signature.outputs.values()]
    seen = {node.name for node in waiting}
    functions: set[str] = set()
    while waiting:
        node = waiting.pop()
        yield node
        for name in {_node_of(text) for text in node.input} - seen:
            seen.add(name)
            waiting.append(nodes[name])
        yield from _called(node, library, functions)


def _called(node, library, seen) -> Iterator[NodeDef]:
    """The nodes of the functions that a node calls, each function once."""
    names = [value.func.name for value in node.attr.values() if value.func.name]
    names += [function.name for value in node.attr.values() for function in value.list.func]
    for name in names:
        if name in library and name not in seen:
            seen.add(name)
            if MUST_COMPILE in library[name].attr and library[name].attr[MUST_COMPILE].b:
                yield NodeDef(name=name, op="XlaMustCompile")
            for inner in library[name].node_def:
                yield inner
                yield from _called(inner, library, seen)


def _node_of(tensor):
    return tensor.removeprefix("^").split(":")[0]
