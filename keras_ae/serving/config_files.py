"""The files that configure TF Serving: models and versions, batching, monitoring."""

from __future__ import annotations

from pathlib import Path

from keras_ae.files import replace_text
from keras_ae.serving.versions import head_folders, labels, served_name, versions

__all__ = ["BATCHED", "BATCHING", "BATCHING_TEXT", "MODELS", "MONITORING", "MOUNT", "write_files"]

MOUNT = "/models"
"""The folder of all models inside TF Serving's container."""

MODELS, BATCHING, MONITORING = "models.config", "batching.config", "monitoring.config"
"""Names of the configuration files."""

BATCHED = "batching_params.pbtxt"
"""Name of the file beside a SavedModel that lets a server put several requests to it into one batch."""

BATCHING_TEXT = """\
max_batch_size { value: 1024 }
batch_timeout_micros { value: 1000 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 2 }
"""
MONITORING_TEXT = """\
prometheus_config {
  enable: true
  path: "/monitoring/prometheus/metrics"
}
"""


def write_files(root: Path) -> None:
    """Writes TF Serving's configuration files for all models below a folder.

    models.config lists every head as `<name>_<head>` with its labels, its two newest versions and the
    labeled ones. batching.config and monitoring.config are written only where they are missing, so that a
    user's changes are kept.

    Args:
        root: The folder of all exported models.
    """
    text = "".join(map(_entry, head_folders(root)))
    replace_text(root / MODELS, f"model_config_list {{\n{text}}}\n")
    for name, content in ((BATCHING, BATCHING_TEXT), (MONITORING, MONITORING_TEXT)):
        if not (root / name).exists():
            replace_text(root / name, content)


def _entry(folder: Path) -> str:
    """A head's entry in models.config."""
    by_label = labels(folder)
    # also the one before the newest: it answers until the newest is loaded and the label has moved
    served = sorted({*versions(folder)[-2:], *by_label.values()})
    lines = [
        "  config {",
        f'    name: "{served_name(folder)}"',
        f'    base_path: "{MOUNT}/{folder.parent.name}/{folder.name}"',
        '    model_platform: "tensorflow"',
        "    model_version_policy { specific { "
        + " ".join(f"versions: {number}" for number in served)
        + " } }",
        *(
            f'    version_labels {{ key: "{label}" value: {number} }}'
            for label, number in sorted(by_label.items())
        ),
        "  }",
    ]
    return "\n".join(lines) + "\n"
