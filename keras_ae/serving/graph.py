"""The ops that a SavedModel's signatures run: no state except weights, no randomness, no Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from keras_ae.errors import ExportError

__all__ = ["FORBIDDEN", "operations", "refuse_forbidden"]

FORBIDDEN = re.compile(
    "Random|Multinomial|TruncatedNormal|CandidateSampler|SampleDistorted|Rng|Stateful(?!PartitionedCall)"
    "|PyFunc|Assign|Resource(Apply|Scatter|Sparse|Strided)|^Scatter(Add|Update|Sub)|Xla"
)
"""Ops that are random, that change the result of later requests, or that not every C++ server can run."""

MUST_COMPILE = "_XlaMustCompile"
"""The attribute of ops and functions that XLA must compile."""


def operations(folder: Path) -> dict[str, list[NodeDef]]:
    """The ops that each signature of a SavedModel runs, also inside the functions that it calls.

    Args:
        folder: The SavedModel's folder.

    Returns:
        The ops' nodes by the signature's name.
    """
    saved_model = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    graph = saved_model.meta_graphs[0].graph_def
    nodes = {node.name: node for node in graph.node}
    library = {part.signature.name: part for part in graph.library.function}
    return {
        name: list(_ancestors(signature, nodes, library))
        for name, signature in saved_model.meta_graphs[0].signature_def.items()
        if signature.method_name
    }


def refuse_forbidden(folder: Path) -> None:
    """Checks that no signature of a SavedModel runs a forbidden op.

    Args:
        folder: The SavedModel's folder.

    Raises:
        ExportError: If one does; the message names signature, op and node.
    """
    for signature, nodes in operations(folder).items():
        for node in nodes:
            compiled = node.attr[MUST_COMPILE].b if MUST_COMPILE in node.attr else False
            if FORBIDDEN.search(node.op) or compiled:
                why = "must be compiled by XLA" if compiled else node.op
                raise ExportError(
                    f"signature {signature} of {folder.name} runs {node.name} ({why}); a served head has no "
                    "randomness, no state and no need of Python or XLA: take that out of the code it calls"
                )


def _ancestors(signature: Any, nodes: Mapping[str, NodeDef], library: Mapping[str, Any]) -> Iterator[NodeDef]:
    """The nodes that a signature's outputs depend on, also those of the functions that they call."""
    queue = [nodes[_node_name(info.name)] for info in signature.outputs.values()]
    visited = {node.name for node in queue}
    functions: set[str] = set()
    while queue:
        node = queue.pop()
        yield node
        for name in {_node_name(tensor) for tensor in node.input} - visited:
            visited.add(name)
            queue.append(nodes[name])
        yield from _called(node, library, functions)


def _called(node: NodeDef, library: Mapping[str, Any], visited: set[str]) -> Iterator[NodeDef]:
    """The nodes of the functions that a node calls, each function once."""
    names = [value.func.name for value in node.attr.values() if value.func.name]
    names += [function.name for value in node.attr.values() for function in value.list.func]
    for name in names:
        if name in library and name not in visited:
            visited.add(name)
            if MUST_COMPILE in library[name].attr and library[name].attr[MUST_COMPILE].b:
                yield NodeDef(name=name, op="XlaMustCompile")
            for inner in library[name].node_def:
                yield inner
                yield from _called(inner, library, visited)


def _node_name(tensor: str) -> str:
    return tensor.removeprefix("^").split(":")[0]
