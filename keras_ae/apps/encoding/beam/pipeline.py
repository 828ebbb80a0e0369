"""The pipeline: each shard is read, encoded and written by one worker."""

from __future__ import annotations

import io
import json
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from itertools import pairwise

import apache_beam
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.runners import create_runner
from apache_beam.runners.portability.portable_runner import PortableRunner

from keras_ae.addresses import without_secrets
from keras_ae.apps.encoding.beam.shards import Job, claim
from keras_ae.apps.encoding.encode import codes
from keras_ae.apps.encoding.head import Outputs
from keras_ae.apps.encoding.writers import open_writer, output_paths
from keras_ae.data.streams.rows import Batch
from keras_ae.data.streams.stream import Stream
from keras_ae.errors import InputError
from keras_ae.files import replace_text

__all__ = ["encode_shards", "options_of"]

RUNNER = "FnApiRunner"
"""The default runner: the one below Beam's DirectRunner, which would first download a binary."""


class Encoding(ModelHandler[int, object, object]):
    """Encodes shards by their numbers, each batch by batch with the exported head."""

    def __init__(self, job: Job):
        super().__init__(max_batch_size=1)
        self.job = job

    def load_model(self) -> WorkerState | InputError:
        """The head and the input, once for each worker; or why the worker cannot have them."""
        try:
            return WorkerState(self.job)
        except InputError as error:
            return error

    def run_inference(
        self, batch: Sequence[int], model: WorkerState | InputError, inference_args=None
    ) -> Iterator:
        """Yields the number of each shard and its rows with their outputs, or an error message."""
        for number in batch:
            try:
                if isinstance(model, InputError):
                    raise model
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
                yield number, without_secrets(str(error))

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


def options_of(flags: Sequence[str]) -> PipelineOptions:
    """The options of a pipeline.

    Args:
        flags: Flags of Beam's own; of a runner with a job server also those of that server.

    Returns:
        The options.

    Raises:
        InputError: Neither this program nor Beam knows a flag, its value or the runner, or a word belongs
            to no flag.
    """
    stray = [
        word
        for before, word in pairwise(["", *flags])
        if not (word.startswith("--") or before.startswith("--"))
    ]
    options = PipelineOptions([f"--runner={RUNNER}", *flags])
    said = io.StringIO()
    try:
        with redirect_stderr(said):  # argparse prints all flags of Beam before its one line
            every = options.get_all_options(retain_unknown_options=True)
    except SystemExit as error:
        raise InputError(said.getvalue().strip().splitlines()[-1].partition("error: ")[2]) from error
    try:
        runner = create_runner(options.view_as(StandardOptions).runner)
    except ValueError as error:  # lists those that exist
        raise InputError(str(error)) from error
    if not isinstance(runner, PortableRunner):  # whose job server knows more flags than Beam here
        known = PipelineOptions([]).get_all_options()
        stray += [f"--{name}" for name in every if name not in known]
    if stray:
        raise InputError(
            f"neither this program nor Beam knows {', '.join(stray)}; --help lists this program's flags, of "
            "Beam's try --direct_running_mode and --direct_num_workers"
        )
    return options


def encode_shards(job: Job, stream: Stream, options: PipelineOptions) -> tuple[int, dict[str, str]]:
    """Runs the pipeline for the missing shards.

    A worker holds the codes of one shard and a few batches of its examples in memory.

    Args:
        job: The encoding.
        stream: Its input.
        options: Its options.

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
        _run_pipeline(job, missing, options)
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


def _run_pipeline(job, missing, options):
    try:
        with _ending_with_workers(), apache_beam.Pipeline(options=options) as pipeline:
            numbers = pipeline | "Shards" >> apache_beam.Create(missing) | apache_beam.Reshuffle()
            encoded = numbers | "Encode" >> RunInference(Encoding(job))
            encoded | "Write" >> apache_beam.ParDo(WriteShard(job))
    except RuntimeError as error:  # Beam wraps any error in a step in this one
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def _ending_with_workers():
    """Ends the pipeline when a worker process of Beam's dies, for whose answer it would wait for ever."""
    deaths, former = [], threading.excepthook

    def hook(arguments):  # the thread that waits for a worker raises this
        if str(arguments.exc_value).startswith("Worker subprocess exited"):
            deaths.append(arguments.exc_value)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)  # which main takes as Ctrl-C
        else:
            former(arguments)

    threading.excepthook = hook
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        if deaths:
            raise RuntimeError(
                f"a worker ended, as where memory runs out ({deaths[0]}); finished shards are kept, the same "
                "command resumes, and fewer workers or more --shards need less memory"
            ) from error
        raise
    finally:
        threading.excepthook = former
