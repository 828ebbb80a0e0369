"""Find the parts of a series that are unlike its normal part: any CSV with times and values.

    make train RECIPE=series_anomaly                                      60 generated days
    make train RECIPE=series_anomaly DATA=my.csv SET="data.normal=40%"    the first 40 % are normal
    make train RECIPE=series_anomaly DATA=nab:realKnownCause/nyc_taxi     or nab, ecg5000, ucr

VUS-PR, one run each, seed 0, on 2 cores of an AMD EPYC without a GPU, with other work running; of nab the
mean of 52 series, one at a time, 15 % of each normal:

                      score     nearest windows    reconstruction    PCA of the windows    sub-sequence PCA
    generated days    .957      .648               .756              .678                  .543
    nab               .272      .519               .374              .407                  .349

The first two need no network: 1.4 s of CPU a series of nab. Training on the generated days took 202 s; .374
is of one network for all of nab.

On ecg5000, heartbeats unlike those of one class, the AUROC is .990 (PCA .989, isolation forest .939; 121 s).
A recurrent network, SET="variant.backbone=RecurrentBackbone", reaches .606 on the generated days.
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
    default_epochs=30,
    min_steps=1000,
    min_steps_per_epoch=34,
    batch_size=64,
    learning_rate=1e-3,
)
