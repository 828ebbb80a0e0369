"""Restoration of sounds of any length, a piece at a time: an hour takes no more memory than a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.apps.restoration.files import check_output, listing
from keras_ae.apps.restoration.kinds import Kind, Restored
from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.formats.sounds.files import SUFFIXES, blocks_of, resampled, sound_header

__all__ = ["SoundKind", "SoundRequest", "restored_pieces"]

PIECE_SECONDS = 10.0
"""Seconds of a piece, without those beyond its ends that it depends on."""

FILTER = 20
"""Samples of the lower rate beyond a piece's ends that resampling it depends on."""


@dataclass(frozen=True)
class SoundRequest:
    """Sounds to restore.

    Attributes:
        jobs: The file that each file is restored to.
        output: The folder to write to.
        most_seconds: The longest sound that is restored.
        others: Files below the folder that are no sounds.
        failures: The reason, by name, for folders that cannot be listed.
        hidden: A line about hidden files that are passed over; "" if there are none.
    """

    jobs: dict[Path, Path]
    output: Path
    most_seconds: float = 7200.0
    others: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    hidden: str = ""

    @classmethod
    def of(cls, source: str, output: Path, force: bool = False, most_seconds: float = 7200.0) -> SoundRequest:
        """Lists the files of a request and checks them.

        Args:
            source: A sound, or a folder of sounds.
            output: The folder to write to.
            force: Whether to replace existing files.
            most_seconds: The longest sound that is restored, above 0.

        Returns:
            The request.

        Raises:
            InputError: The number is out of range, there is no sound, or the output cannot be used.
        """
        if not 0 < most_seconds < float("inf"):
            raise InputError(f"expected --most-seconds above 0, received {most_seconds:g}")
        if not source:
            raise InputError("expected a sound or a folder of sounds, received an empty name; name one")
        files = listing(Path(source), "sounds", output, SUFFIXES)
        one = Path(source).is_file()
        jobs = _targets({Path(source) if one else Path(source, name): name for name in files.names}, output)
        check_output(output, jobs, [*jobs.values()], force)
        return cls(jobs, output, most_seconds, files.others, files.failures, files.hidden)


class SoundKind(Kind):
    """Sounds, a piece at a time."""

    options = ("most_seconds",)

    @classmethod
    def accepts(cls, card: Mapping[str, Any]) -> bool:
        return "rate" in card.get("restorer", {})

    @classmethod
    def request(cls, source: str, output: Path, force: bool, **options: Any) -> SoundRequest:
        return SoundRequest.of(source, output, force, **options)

    @classmethod
    def restore(cls, folder: Path, request: SoundRequest, report: Callable[[str], None]) -> Restored:
        from keras_ae.serving.exported import ExportedHead

        head = ExportedHead(folder)
        facts, signature = head.card["restorer"], head.signature()
        done, seconds, started = Restored(failures=dict(request.failures)), 0.0, time.perf_counter()

        def run(waveform: np.ndarray) -> np.ndarray:
            inputs = {"inputs": waveform[None], "lengths": np.array([len(waveform)], np.int32)}
            return signature(inputs)["reconstruction"][0]

        for source, target in request.jobs.items():
            try:
                header = sound_header(source)
                if header.seconds > request.most_seconds:
                    raise InputError(
                        f"it is {header.seconds:,.0f} s long, at most {request.most_seconds:g} are restored; "
                        "raise --most-seconds"
                    )
                _write(target, restored_pieces(source, facts, run), facts["rate"])
            except (InputError, MemoryError) as error:
                done.failures[str(source)] = str(error) or "it needs more memory than there is"
                continue
            done.files.append(target)
            seconds += header.seconds
            notes = "; ".join(header.notes(facts["rate"]))
            report(f"{source}  {header.seconds:.2f} s -> {target}{f' ({notes})' if notes else ''}")
        if not done.files:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in done.failures.items())
            raise InputError(f"none of {len(done.failures)} sounds can be restored: {reasons}")
        done.lines = _summary(done, request, seconds, time.perf_counter() - started)
        return done


def restored_pieces(
    source: Path,
    facts: Mapping[str, int],
    run: Callable[[np.ndarray], np.ndarray],
    piece_seconds: float = PIECE_SECONDS,
) -> Iterator[np.ndarray]:
    """A sound, restored piece by piece, as the whole would be.

    Args:
        source: The file.
        facts: Of the restorer: "rate", "reach" in samples around one that its restoration depends on, and
            "multiple", at which pieces begin.
        run: (samples,) at that rate -> the restored ones.
        piece_seconds: Seconds of a piece.

    Yields:
        (samples,) at the restorer's rate; in all as many as the resampled sound has.

    Raises:
        InputError: If the file cannot be decoded; the text is the reason alone.
    """
    header, rate = sound_header(source), facts["rate"]
    common = gcd(header.rate, rate)
    up, down = rate // common, header.rate // common
    unit = facts["multiple"] // gcd(facts["multiple"], up)  # so many periods of both rates are whole hops
    step = max(1, round(piece_seconds * header.rate / (unit * down))) * unit * down
    beyond = facts["reach"] * down // up + FILTER * max(1, down // up + 1)
    beyond = -(-beyond // (unit * down)) * unit * down
    total = -(-header.samples * up // down)
    kept, start, written = np.empty(0, np.float32), 0, 0
    blocks = blocks_of(source, step)
    ended = False
    while written < total:
        position = written * down // up  # of the next sample to write, a multiple of the step
        while not ended and start + len(kept) < position + step + beyond:
            block = next(blocks, None)
            ended = block is None
            kept = kept if block is None else np.concatenate([kept, block])
        first = max(0, position - beyond)
        kept, start = kept[first - start :], first
        waveform = resampled(kept[: position + step + beyond - first], header.rate, rate)
        offset = (position - first) * up // down
        count = min(step * up // down, total - written)
        yield run(waveform)[offset : offset + count]
        written += count


def _write(target: Path, pieces: Iterator[np.ndarray], rate: int) -> None:
    """Writes a WAV file of 16 bits, a piece at a time."""
    import soundfile

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            written_whole(target) as (partial,),
            soundfile.SoundFile(partial, "w", rate, 1, "PCM_16", format="WAV") as sound,
        ):
            for piece in pieces:
                sound.write(np.clip(piece, -1, 1))
    except (OSError, RuntimeError) as error:
        raise InputError(f"{target} cannot be written ({error}); name another --output") from error


def _targets(below: Mapping[Path, str], output: Path) -> dict[Path, Path]:
    """The file to write for each file; where two would be the same, each keeps its suffix."""
    stems = [os.path.splitext(name)[0].casefold() for name in below.values()]
    return {
        path: output / (f"{name}.wav" if stems.count(stem) > 1 else f"{os.path.splitext(name)[0]}.wav")
        for (path, name), stem in zip(below.items(), stems, strict=True)
    }


def _summary(done: Restored, request: SoundRequest, seconds: float, taken: float) -> list[str]:
    """Lines about a restoration: how many sounds and how fast, and the files that were left out."""
    lines = [
        f"restored {len(done.files)} of {len(request.jobs)} sounds to {request.output}: {seconds:,.1f} s of "
        f"sound in {taken:.1f} s"
    ]
    if request.others:
        lines.append(f"passed over {len(request.others)} other files, such as {request.others[0]}")
    lines += [request.hidden] if request.hidden else []
    if done.failures:
        lines.append(f"left out {len(done.failures)}: {', '.join([*done.failures][:8])}")
    return lines
