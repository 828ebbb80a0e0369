"""Estimators of scikit-learn: an autoencoder as a transformer, and an anomaly detector."""

from keras_ae.sklearn.anomaly_detector import AnomalyDetector
from keras_ae.sklearn.autoencoder import Autoencoder

__all__ = ["AnomalyDetector", "Autoencoder"]
