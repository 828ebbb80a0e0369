"""Reconstruction losses: pure functions (target, output) -> (batch,), means over an example's elements.

The same function trains a model (averaged over a batch) and scores an example (left as it is).
"""

from keras import ops


def binary_crossentropy(target, output):
    """-t log(y) - (1 - t) log(1 - y), in nats an element.

    target, output: (batch, ...) in [0, 1]; the output is clipped to [1e-7, 1 - 1e-7].
    Returns (batch,). Its floor for grey targets is not 0 but the targets' own entropy.
    """
    return mean_of_elements(ops.binary_crossentropy(target, output))


def squared_error(target, output):
    """(t - y)^2, averaged over the elements of an example.

    target, output: (batch, ...) of any finite values. Returns (batch,).
    """
    return mean_of_elements(ops.square(target - output))


def for_domain(domain: str):
    """The loss that fits a domain: cross-entropy on [0, 1], squared error on the real line."""
    return binary_crossentropy if domain == "unit" else squared_error


def mean_of_elements(values):
    """(batch, ...) -> (batch,)."""
    return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=-1)
