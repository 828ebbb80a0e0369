"""Find the parts of a series that are unlike its normal part: any CSV with times and values.

    make train RECIPE=series_anomaly                                      60 generated days
    make train RECIPE=series_anomaly DATA=my.csv SET="data.normal=40%"    the first 40 % are normal
    make train RECIPE=series_anomaly DATA=nab:realKnownCause/nyc_taxi     or nab, ecg5000, ucr

A recurrent network instead: SET="variant.backbone=RecurrentBackbone".
"""

from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.data.series.windows import DailyPattern
from keras_ae.recipe import Recipe
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=DailyPattern(),
    variant=Undercomplete(Conv1DBackbone(), latent_dim=8),
    task=Anomaly(),
    epochs=30,
    min_steps_per_epoch=34,
    batch_size=64,
    learning_rate=1e-3,
)
