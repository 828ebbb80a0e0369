"""The metrics as people read them: titles, units, and which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["HIGHER", "Title", "title_of"]

HIGHER, LOWER = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"


@dataclass(frozen=True)
class Title:
    """How a metric is shown.

    Attributes:
        name: Its name for people, such as "PSNR".
        symbol: That of its unit, such as "dB"; "" if it has none.
        better: An arrow, up where more is better and down where less is; "" where neither is.
    """

    name: str
    symbol: str = ""
    better: str = ""

    @property
    def text(self) -> str:
        """Name and unit."""
        return f"{self.name} {self.symbol}".rstrip()

    @property
    def heading(self) -> str:
        """Name, unit and arrow."""
        return f"{self.text} {self.better}".rstrip()

    @property
    def sentence(self) -> str:
        """The same in words, such as "PSNR in dB, higher is better"."""
        dimension = f" in {self.symbol}" if self.symbol else ""
        better = {HIGHER: ", higher is better", LOWER: ", lower is better"}.get(self.better, "")
        return f"{self.name}{dimension}{better}"


def title_of(name: str) -> Title:
    """How a metric is shown.

    Args:
        name: The metric's name in the program, such as "psnr".

    Returns:
        Its title; for a metric that is not listed, its own name with blanks.
    """
    if found := re.fullmatch(OF_LABELS, name):
        probe, count, deviation = found.groups()
        labels = f"{TITLES[probe].name}, {int(count):,} labels"
        return Title(f"{labels}, std") if deviation else Title(labels, "", HIGHER)
    return TITLES.get(name) or Title(name.replace("_", " "))


OF_LABELS = r"(probe|knn)_(\d+)(_std)?"
"""The names of accuracies with a few labels, and of their standard deviations over several sets of them."""


TITLES = {
    "psnr": Title("PSNR", "dB", HIGHER),
    "ssim": Title("SSIM", "", HIGHER),
    "mse": Title("MSE", "", LOWER),
    "mae": Title("MAE", "", LOWER),
    "length_error": Title("length error", "steps", LOWER),
    "explained_variance": Title("explained variance", "", HIGHER),
    "l0": Title("L0"),
    "dead_fraction": Title("dead units", "", LOWER),
    "accuracy": Title("accuracy", "", HIGHER),
    "probe": Title("linear probe", "", HIGHER),
    "knn": Title("nearest neighbors", "", HIGHER),
    "calibration_error": Title("ECE", "", LOWER),
    "calibration_error_before": Title("ECE uncalibrated", "", LOWER),
    "crossentropy": Title("CE", "nats", LOWER),
    "excess_crossentropy": Title("CE excess", "nats", LOWER),
    "nll_nats": Title("NLL", "nats", LOWER),
    "bound_nats": Title("-ELBO", "nats", LOWER),
    "kl": Title("KL", "nats"),
    "frechet_classifier": Title("Frechet*", "", LOWER),
    "classifier_accuracy": Title("real read", "", HIGHER),
    "read_as_wanted": Title("read as wanted", "", HIGHER),
    "cluster_accuracy": Title("clusters right", "", HIGHER),
    "nmi": Title("NMI", "", HIGHER),
    "ari": Title("ARI", "", HIGHER),
    "silhouette": Title("silhouette", "", HIGHER),
    "clusters": Title("clusters"),
    "purity": Title("purity"),
    "label": Title("most frequent label"),
    "auroc": Title("AUROC", "", HIGHER),
    "auprc": Title("AUPRC", "", HIGHER),
    "pixel_auroc": Title("pixel AUROC", "", HIGHER),
    "pixel_auprc": Title("pixel AUPRC", "", HIGHER),
    "pixel_aupro": Title("AUPRO .3", "", HIGHER),
    "frame_auroc": Title("frame AUROC", "", HIGHER),
    "frame_mse": Title("frame MSE", "", LOWER),
    "frame_mse_unseen": Title("of unseen", "", LOWER),
    "f1": Title("F1", "", HIGHER),
    "false_alarms": Title("false alarms", "", LOWER),
    "false_alarms_unseen": Title("of unseen", "", LOWER),
    "missed": Title("missed", "", LOWER),
    "vus_pr": Title("VUS-PR", "", HIGHER),
    "span_f1": Title("F1 of spans", "", HIGHER),
    "ab_error": Title("a, b error", "", LOWER),
    "nats_a_step": Title("NLL a step", "nats", LOWER),
    "edit_similarity": Title("1 - edits", "", HIGHER),
    "exact": Title("exact", "", HIGHER),
    "known_words": Title("known words", "", HIGHER),
    "playable": Title("playable", "", HIGHER),
    "si_sdr_gain": Title("SI-SDR gain", "dB", HIGHER),
    "count": Title("number"),
    "rmse": Title("RMSE", "", LOWER),
    "rmse_10": Title("10 % hidden", "", LOWER),
    "rmse_30": Title("30 % hidden", "", LOWER),
    "rmse_50": Title("50 % hidden", "", LOWER),
    "words_right": Title("words right", "", HIGHER),
    "coverage": Title("inside intervals"),
    "discrimination": Title("AUROC real or not", "", LOWER),
    "ks": Title("KS of numbers", "", LOWER),
    "total_variation": Title("TV of words", "", LOWER),
    "missing_gap": Title("missing off by", "", LOWER),
    "correlation_gap": Title("correlations off by", "", LOWER),
    "useful": Title("right on real rows", "", HIGHER),
    "interval": Title("right, +-"),
    "logistic": Title("logistic regression", "", HIGHER),
    "boosting": Title("gradient boosting", "", HIGHER),
    "nearest": Title("nearest training row"),
}
"""The titles of metrics by their names in the program."""
