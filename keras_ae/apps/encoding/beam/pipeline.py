"""The pipeline: a shard is read, encoded and written in one go, by whichever worker has it."""

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
from keras_ae.apps.encoding.writers import destinations, written
from keras_ae.data.streams.rows import Rows
from keras_ae.data.streams.stream import Stream, open_stream
from keras_ae.errors import InputError
from keras_ae.files import replace_text

RUNNER = "FnApiRunner"
"""Where no runner is named: what Beam's DirectRunner comes down to, which would first fetch a binary."""


class Encoding(ModelHandler[int, object, object]):
    """Encodes shards, given by their numbers, each batch by batch by the exported head."""

    def __init__(self, job: Job):
        super().__init__(max_batch_size=1)
        self.job = job

    def load_model(self) -> Opened:
        """The head and the input, once for each worker."""
        return Opened(self.job)

    def run_inference(self, batch: Sequence[int], model: Opened, inference_args=None) -> Iterator:
        """Of each shard its number and its rows with their outputs, or what is wrong with them."""
        for number in batch:
            try:
                yield (
                    number,
                    [
                        (replace(rows, examples=rows.examples[:0]), outputs)
                        for rows, outputs in codes(
                            model.run, model.stream, self.job.batch, *self.job.places(number)
                        )
                    ],
                )
            except InputError as error:
                yield number, str(error)

    def get_metrics_namespace(self) -> str:
        return "keras_ae"


class Opened:
    """A job's head and input as a worker holds them."""

    def __init__(self, job: Job):
        self.run = job.head.load()
        self.stream = open_stream(job.text, job.head.taken, job.split, job.key)
        if self.stream.count != job.count:
            raise InputError(f"{job.text} held {job.count} examples, holds {self.stream.count} to a worker")


class Written(apache_beam.DoFn):
    """Writes shards, each of which is there when it is complete."""

    def __init__(self, job: Job):
        self.job = job

    def process(self, element: tuple[int, list[tuple[Rows, Outputs]] | str]) -> None:
        number, parts = element
        if isinstance(parts, str):
            replace_text(self.job.note("failed", number), json.dumps(parts))
            return
        faults = {name: fault for rows, _ in parts for name, fault in rows.faults.items()}
        if faults:
            replace_text(self.job.note("left_out", number), json.dumps(faults))
        with written(destinations(self.job.file(number), self.job, True), self.job.head, self.job) as writer:
            for rows, outputs in parts:
                writer.add(rows, outputs)


def encode_shards(job: Job, stream: Stream, flags: Sequence[str] = ()) -> tuple[int, dict[str, str]]:
    """Runs the pipeline for the shards that are not there yet; flags: Beam's own.

    A worker holds the codes of one shard at a time, and of its examples a few batches.
    Returns how many shards were made, and what is wrong with the images left out of any of them.
    Raises InputError for a folder that was begun with another encoder or input, and, once all other
    shards are made, for those with a value that the head does not take.
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
        raise InputError(f"{len(failed)} of {job.shards} shards could not be encoded: {first}")
    notes = [job.note("left_out", number) for number in range(job.shards)]
    faults = [json.loads(note.read_text()) for note in notes if note.exists()]
    return len(missing), {name: fault for part in faults for name, fault in part.items()}


def _run_pipeline(job, missing, flags):
    options = PipelineOptions([f"--runner={RUNNER}", *flags])
    try:
        with apache_beam.Pipeline(options=options) as pipeline:
            numbers = pipeline | "Shards" >> apache_beam.Create(missing) | apache_beam.Reshuffle()
            encoded = numbers | "Encode" >> RunInference(Encoding(job))
            encoded | "Write" >> apache_beam.ParDo(Written(job))
    except RuntimeError as error:  # which Beam makes of whatever ends a step
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error
        raise
