"""The files that TF Serving is started with: which models and versions, batching, monitoring."""

from __future__ import annotations

from pathlib import Path

from keras_ae.files import replace_text
from keras_ae.serving.versions import head_folders, labels, versions

MOUNT = "/models"
"""Where TF Serving's container expects the folder of all models."""
MODELS, BATCHING, MONITORING = "models.config", "batching.config", "monitoring.config"
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
    """Writes what TF Serving reads of all models below a folder.

    models.config: every head as `<recipe>_<head>`, its two newest versions and those labeled, with
    the labels. batching.config, monitoring.config: as they are, where a user has not written others.
    """
    text = "".join(map(_entry, head_folders(root)))
    replace_text(root / MODELS, f"model_config_list {{\n{text}}}\n")
    for name, content in ((BATCHING, BATCHING_TEXT), (MONITORING, MONITORING_TEXT)):
        if not (root / name).exists():
            replace_text(root / name, content)


def _entry(folder):
    """One head's part of models.config."""
    named = labels(folder)
    # the one before the newest too: it answers until the newest is loaded and the label has moved
    served = sorted({*versions(folder)[-2:], *named.values()})
    lines = [
        "  config {",
        f'    name: "{folder.parent.name}_{folder.name}"',
        f'    base_path: "{MOUNT}/{folder.parent.name}/{folder.name}"',
        '    model_platform: "tensorflow"',
        "    model_version_policy { specific { "
        + " ".join(f"versions: {number}" for number in served)
        + " } }",
        *(
            f'    version_labels {{ key: "{label}" value: {number} }}'
            for label, number in sorted(named.items())
        ),
        "  }",
    ]
    return "\n".join(lines) + "\n"
