"""Workers that train one model together, each on its part of every batch; the first of them is the chief.

Every worker has all weights, and applies the same mean of all gradients. Collective operations, those of
MultiWorkerMirroredStrategy, are all that is distributed: Keras trains in each process as in one alone.
"""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.errors import InputError, WorkerLost
from keras_ae.replicas import Replicas, Tensor
from keras_ae.training.cluster import Cluster

__all__ = ["LONGEST_WAIT", "Workers", "joined"]

LONGEST_WAIT = 600
"""Seconds that workers wait for others to start."""

MEASURED = 7
"""Sums of which the time is measured."""

LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)
"""What TensorFlow raises where a worker no longer answers."""


class Workers(Replicas):
    """The workers of a cluster, as one of them sees them.

    Args:
        cluster: Their addresses.
        strategy: The strategy, whose collective operations are used.
        optional: Whether the chief trains alone where the others cannot share the training.
    """

    def __init__(self, cluster: Cluster, strategy: tf.distribute.Strategy, optional: bool = False):
        self.cluster, self.strategy, self.optional = cluster, strategy, optional
        self.index, self.count = cluster.index, len(cluster.addresses)
        self.telling = self.sharing = True
        self._eagerly = tf.function(self._sum, reduce_retracing=True, autograph=False)

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Sums tensors over workers in one operation for those of a type. No gradient passes through.

        Args:
            tensors: The tensors of this worker, of the same shapes in all of them.

        Returns:
            The sums, the same in all workers.
        """
        tensors = [tf.convert_to_tensor(tensor) for tensor in tensors]
        # whole numbers have one type that every device can sum
        sums = [one if one.dtype.is_floating else tf.cast(one, tf.int64) for one in tensors]
        for kind in dict.fromkeys(one.dtype for one in sums):
            those = [number for number, one in enumerate(sums) if one.dtype == kind]
            flat = tf.concat([tf.reshape(sums[number], (-1,)) for number in those], axis=0)
            total = self._sum(flat) if tf.inside_function() else self._eagerly(flat)
            parts = tf.split(total, [tf.size(sums[number]) for number in those], num=len(those))
            for number, part in zip(those, parts, strict=True):
                sums[number] = tf.reshape(part, tf.shape(sums[number]))
                sums[number].set_shape(tensors[number].shape)
        return [tf.cast(one, tensor.dtype) for one, tensor in zip(sums, tensors, strict=True)]

    def _sum(self, flat):
        """The sum of a vector over workers."""

        def reduced(own):
            # which has a device here, as the operation needs it
            return tf.distribute.get_replica_context().all_reduce(
                tf.distribute.ReduceOp.SUM, tf.identity(own)
            )

        (total,) = self.strategy.experimental_local_results(self.strategy.run(reduced, args=(flat,)))
        return total

    def leave(self) -> None:
        """Ends the sharing: that the others end is no loss any more."""
        self.telling = self.sharing = False

    def name(self, index: int) -> str:
        """A worker in words.

        Args:
            index: Its number.

        Returns:
            Such as "worker 1 (host-1:2222)".
        """
        return self.cluster.name(index)

    def seconds_of(self, size: int) -> float:
        """Measures how long a sum takes, the median of several.

        Args:
            size: Numbers in float32, such as those of all gradients.

        Returns:
            Seconds.
        """
        numbers, seconds = tf.zeros(size), []
        for _ in range(MEASURED):
            start = time.perf_counter()
            np.asarray(self.summed([numbers])[0])
            seconds.append(time.perf_counter() - start)
        return float(np.median(seconds))

    def exchanged(self, content: dict[str, Any], last: bool = False) -> list[dict[str, Any]]:
        """What all workers have to say, each of which calls this as often as the others.

        Args:
            content: What this one has to say, as JSON has it.
            last: Whether no error is told of any more.

        Returns:
            What each said, in their order.

        Raises:
            InputError: If one of them told of an error in its place.
        """
        data = np.frombuffer(json.dumps(content).encode(), np.uint8)
        lengths = np.asarray(self.stacked([tf.constant(len(data), tf.int64)])[0])
        padded = np.zeros(lengths.max(), np.int64)
        padded[: len(data)] = data
        rows = np.asarray(self.stacked([tf.constant(padded)])[0]).astype(np.uint8)
        said = [json.loads(row[:length].tobytes()) for row, length in zip(rows, lengths, strict=True)]
        failed = [(index, each["error"]) for index, each in enumerate(said) if "error" in each]
        self.telling = self.telling and not last and not failed
        if failed and failed[0][0] != self.index:
            raise InputError(f"{self.name(failed[0][0])} ended: {failed[0][1]}")
        return said

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tells the others of an error before the training, and says which of them were lost.

        Yields:
            Nothing, for the body of a `with` in which the workers train.

        Raises:
            WorkerLost: If another worker ended or does not answer.
        """
        try:
            yield
        except Exception as error:
            lost = self._lost() if self.sharing and isinstance(error, tf.errors.OpError) else ""
            if lost or (self.sharing and isinstance(error, LOST)):
                raise WorkerLost(lost or "another worker") from error
            if self.telling:
                with suppress(Exception):  # the others are gone
                    self.exchanged({"error": " ".join(str(error).split())})
            raise

    def _lost(self) -> str:
        """The workers that do not answer, in words."""
        lost = [
            self.name(index)
            for index, address in enumerate(self.cluster.addresses)
            if index != self.index and not _answers(address)
        ]
        return " and ".join(lost)


def joined(
    cluster: Cluster,
    report: Callable[[str], None],
    optional: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Workers:
    """Waits for all workers of a cluster; to be called before any other operation of TensorFlow.

    A worker takes one GPU: of several on its host the one of its number among the workers there. Sums are
    then those of NCCL, which TensorFlow takes only where it is told to.

    Args:
        cluster: The workers.
        report: Called with a line for whom it waits.
        optional: Whether the chief trains alone where the others cannot share the training.
        check: Called while it waits; raises an error if it waits in vain.

    Returns:
        The workers.

    Raises:
        InputError: If this worker cannot listen at its address, or others do not come in `LONGEST_WAIT`
            seconds.
    """
    devices = tf.config.list_physical_devices("GPU")
    if devices:
        own = devices[cluster.local_index % len(devices)]
        tf.config.set_visible_devices(own, "GPU")
        if len(devices) > cluster.local_count:
            report(f"this worker takes {own.name}, one of {len(devices)} GPUs: start a worker for each")
    _wait(cluster, report, check)
    jobs = tf.train.ClusterSpec({"worker": list(cluster.addresses)})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        jobs,
        task_type="worker",
        task_id=cluster.index,
        num_accelerators={"GPU": 1} if devices else {},
        rpc_layer="grpc",
    )
    communication = tf.distribute.experimental.CommunicationOptions(
        implementation="NCCL" if devices else "AUTO"
    )
    signal.alarm(LONGEST_WAIT)  # ends the process if one is lost now, when no Python runs
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy(
            cluster_resolver=resolver, communication_options=communication
        )
    except tf.errors.OpError as error:
        raise _cannot_listen(cluster, error) from error
    signal.alarm(0)
    report(f"worker {cluster.index} of {len(cluster.addresses)}: all have come")
    return Workers(cluster, strategy, optional)


def _wait(cluster: Cluster, report: Callable[[str], None], check: Callable[[], None]) -> None:
    """Waits until all workers listen at their addresses, as this one does."""
    start = told = time.monotonic()
    try:
        listener = socket.create_server(("", int(cluster.addresses[cluster.index].rpartition(":")[2])))
    except OSError as error:
        raise _cannot_listen(cluster, error) from error
    with listener:
        listener.setblocking(False)
        missing = [index for index in range(len(cluster.addresses)) if index != cluster.index]
        while missing := [index for index in missing if not _answers(cluster.addresses[index])]:
            check()
            names, now = ", ".join(cluster.name(index) for index in missing), time.monotonic()
            if now - start > LONGEST_WAIT:
                raise InputError(f"waited {LONGEST_WAIT // 60} minutes for {names}; start all workers")
            if now - told > 10:
                report(f"waiting for {names}")
                told = now
            time.sleep(1)
            with suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()


def _cannot_listen(cluster: Cluster, error: Exception) -> InputError:
    return InputError(
        f"worker {cluster.index} cannot join at {cluster.addresses[cluster.index]} "
        f"({' '.join(str(error).split())[:150]}); give it an address of this machine with a free port"
    )


def _answers(address: str) -> bool:
    """Whether something listens at an address."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=5):
            return True
    except OSError:
        return False
