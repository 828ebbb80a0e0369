"""PyTorch as its guides have it: a loop over shuffled batches of one tensor, eager and compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae.experiments.speed.clock import Clock
from keras_ae.experiments.speed.devices import torch_device
from keras_ae.experiments.speed.layers import (
    ConvLayer,
    DenseLayer,
    FlattenLayer,
    ReshapeLayer,
    SubpixelLayer,
)
from keras_ae.experiments.speed.networks import Network
from keras_ae.experiments.speed.peers import Peer
from keras_ae.experiments.speed.work import LEARNING_RATE, SHOWN_BATCH, Work

__all__ = ["ORDER", "PEERS", "TorchLoop"]

ORDER = 2


@dataclass(frozen=True)
class TorchLoop(Peer):
    """A module, the same loss, and the fused Adam.

    Attributes:
        compiled: Whether `torch.compile` compiles the objective.
    """

    compiled: bool = False

    def train(self, work: Work, clock: Clock) -> None:
        """Runs the epochs."""
        import torch

        clock.imported(torch_device)
        torch.manual_seed(0)
        if work.threads:
            torch.set_num_threads(work.threads)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        train, validation = (
            torch.from_numpy(_channels_first(part)).to(device) for part in work.float_splits()
        )
        parameters = _parameters(work, device)
        fixed = work.noise()
        noise = None if fixed is None else torch.from_numpy(fixed).to(device)
        optimizer = torch.optim.Adam(parameters.values(), lr=LEARNING_RATE, eps=1e-7, fused=True)

        def objective(batch):
            return _objective(work.net, parameters, batch, noise)

        compiled = torch.compile(objective) if self.compiled else objective
        for _ in range(work.epochs):
            clock.begin_epoch()
            order = torch.arange(len(train)) if work.exact else torch.randperm(len(train))
            total = torch.zeros((), device=device)
            for index in order.to(device).reshape(-1, work.batch_size):
                loss = compiled(train[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach()
                clock.step()
            mean = float(total) * work.batch_size / len(train)
            clock.trained_epoch()
            with torch.no_grad():
                size = work.batch_size if work.exact else SHOWN_BATCH
                value = sum(float(objective(part)) * len(part) for part in validation.split(size))
            clock.validated_epoch()
            clock.end_epoch(len(train), mean, value / len(validation))


def _objective(network: Network, parameters: dict[str, Any], batch: Any, noise: Any) -> Any:
    """The mean of the bound of a batch, in nats."""
    import torch
    from torch.nn import functional

    features = _through(network.encoder, parameters, batch)
    mean, log_var = (_through((layer,), parameters, features) for layer in network.posterior)
    sampled = torch.randn_like(mean) if noise is None else noise
    logits = _through(network.decoder, parameters, mean + torch.exp(0.5 * log_var) * sampled)
    nats = functional.binary_cross_entropy_with_logits(logits, batch, reduction="sum")
    kl = 0.5 * torch.sum(torch.exp(log_var) + mean.square() - 1.0 - log_var)
    return (nats + kl) / len(batch)


def _through(layers, parameters, features):
    """Features (batch, channels, ...) through layers."""
    from torch.nn import functional

    for layer in layers:
        match layer:
            case DenseLayer():
                features = functional.linear(
                    features, parameters[f"{layer.name}/kernel"], parameters[f"{layer.name}/bias"]
                )
            case ConvLayer():
                features = _convolved(layer, parameters, features)
            case FlattenLayer():
                features = features.movedim(1, -1).flatten(1)
            case ReshapeLayer():
                features = features.reshape(-1, *layer.shape).movedim(-1, 1)
            case SubpixelLayer() if features.ndim == 3:
                steps = features.movedim(1, -1)
                features = steps.reshape(-1, *layer.shapes(tuple(steps.shape[1:]))[1]).movedim(-1, 1)
            case SubpixelLayer():
                features = functional.pixel_shuffle(features, 2)
        if isinstance(layer, DenseLayer | ConvLayer) and layer.relu:
            features = functional.relu(features)
    return features


def _convolved(layer, parameters, features):
    """A convolution with the padding that Keras calls "same": where it is uneven, more at the end."""
    from torch.nn import functional

    convolve = functional.conv1d if features.ndim == 3 else functional.conv2d
    kernel, bias = parameters[f"{layer.name}/kernel"], parameters[f"{layer.name}/bias"]
    if layer.strides == 1:
        return convolve(features, kernel, bias, padding=layer.kernel_size // 2)
    missing = [
        max(0, (-(-side // layer.strides) - 1) * layer.strides + layer.kernel_size - side)
        for side in features.shape[2:]
    ]
    around = [part for size in reversed(missing) for part in (size // 2, size - size // 2)]
    return convolve(functional.pad(features, around), kernel, bias, stride=layer.strides)


def _channels_first(examples: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(examples, -1, 1))


def _parameters(work: Work, device: Any) -> dict[str, Any]:
    """The first weights in PyTorch's axes: outputs before inputs, of sub-pixel steps channel by channel."""
    import torch

    before_space = {
        layer.name
        for layer, following in zip(work.net.decoder, work.net.decoder[1:], strict=False)
        if isinstance(layer, ConvLayer) and isinstance(following, SubpixelLayer) and len(work.net.shape) == 3
    }
    parameters = {}
    for name, value in work.weights().items():
        if name.split("/")[0] in before_space:  # (..., 2, 2, channels) to (..., channels, 2, 2)
            split = value.reshape(*value.shape[:-1], 4, value.shape[-1] // 4)
            value = np.swapaxes(split, -1, -2).reshape(value.shape)
        if name.endswith("kernel"):
            value = np.moveaxis(value, (-1, -2), (0, 1))
        tensor = torch.from_numpy(np.ascontiguousarray(value)).to(device)
        parameters[name] = tensor.requires_grad_()
    return parameters


PEERS = (
    TorchLoop("torch", "PyTorch", ("torch",)),
    TorchLoop("torch_compiled", "PyTorch, torch.compile", ("torch",), compiled=True),
)
