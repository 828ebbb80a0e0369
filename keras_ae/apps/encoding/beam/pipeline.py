"""The pipeline: each shard is read, encoded and written by one worker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import apache_beam
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions

from keras_ae.apps.encoding.beam.shards import Job, claim
from keras_ae.apps.encoding.encode import codes
from keras_ae.apps.encoding.head import Outputs
from keras_ae.apps.encoding.writers import open_writer, output_paths
from keras_ae.data.streams.rows import Batch
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import replace_text

__all__ = ["encode_shards"]

RUNNER = "FnApiRunner"
"""The default runner: the one below Beam's DirectRunner, which would first download a binary."""


class Encoding(ModelHandler[int, object, object]):
    """Encodes shards by their numbers, each batch by batch with the exported head."""

    def __init__(self, job: Job):
        super().__init__(max_batch_size=1)
        self.job = job

    def load_model(self) -> WorkerState:
        """The head and the input, once for each worker."""
        return WorkerState(self.job)

    def run_inference(self, batch: Sequence[int], model: WorkerState, inference_args=None) -> Iterator:
        """Yields the number of each shard and its rows with their outputs, or an error message."""
        for number in batch:
            try:
                yield (
                    number,
                    [
                        (replace(rows, examples=rows.examples[:0]), outputs)
                        for rows, outputs in codes(
                            model.run, model.stream, self.job.batch, *self.job.span(number)
                        )
                    ],
                )
            except InputError as error:
                yield number, str(error)

    def get_metrics_namespace(self) -> str:
        return "keras_ae"


class WorkerState:
    """The head and the input of a job, opened by a worker."""

    def __init__(self, job: Job):
        self.run = job.head.load()
        self.stream = job.head.open_stream(job.input, job.split, job.key)
        if self.stream.count != job.count:
            raise InputError(
                f"{job.input} held {job.count} examples, but {self.stream.count} for a worker; give all "
                "workers the same files"
            )


class WriteShard(apache_beam.DoFn):
    """Writes shards; each appears when it is complete."""

    def __init__(self, job: Job):
        self.job = job

    def process(self, element: tuple[int, list[tuple[Batch, Outputs]] | str]) -> None:
        number, parts = element
        if isinstance(parts, str):
            replace_text(self.job.note("failed", number), json.dumps(parts))
            return
        failures = {name: reason for rows, _ in parts for name, reason in rows.faults.items()}
        if failures:
            replace_text(self.job.note("left_out", number), json.dumps(failures))
        paths = output_paths(self.job.file(number), self.job.columns, True)
        with open_writer(paths, self.job.head, self.job.columns) as writer:
            for rows, outputs in parts:
                writer.add(rows, outputs)


def encode_shards(job: Job, stream: Stream, flags: Sequence[str] = ()) -> tuple[int, dict[str, str]]:
    """Runs the pipeline for the missing shards.

    A worker holds the codes of one shard and a few batches of its examples in memory.

    Args:
        job: The encoding.
        stream: Its input.
        flags: Flags of Beam's own.

    Returns:
        The number of shards written, and the reason for each image left out.

    Raises:
        InputError: If the folder was started with another head or input; or, once all other shards are
            written, some hold a value that the head does not take.
    """
    claim(job, stream)
    missing = job.missing()
    for number in missing:
        job.note("failed", number).unlink(missing_ok=True)
    if missing:
        _run_pipeline(job, missing, flags)
    failed = [number for number in missing if job.note("failed", number).exists()]
    if failed:
        first = json.loads(job.note("failed", failed[0]).read_text())
        raise InputError(
            f"{len(failed)} of {job.shards} shards could not be encoded: {first}; start it again, finished "
            "ones are kept"
        )
    notes = [job.note("left_out", number) for number in range(job.shards)]
    failures = [json.loads(note.read_text()) for note in notes if note.exists()]
    return len(missing), {name: reason for part in failures for name, reason in part.items()}


def _run_pipeline(job, missing, flags):
    options = PipelineOptions([f"--runner={RUNNER}", *flags])
    try:
        with apache_beam.Pipeline(options=options) as pipeline:
            numbers = pipeline | "Shards" >> apache_beam.Create(missing) | apache_beam.Reshuffle()
            encoded = numbers | "Encode" >> RunInference(Encoding(job))
            encoded | "Write" >> apache_beam.ParDo(WriteShard(job))
    except RuntimeError as error:  # Beam wraps any error in a step in this one
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error
        raise
