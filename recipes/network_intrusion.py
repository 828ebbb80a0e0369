"""Flag network connections that are unlike normal ones, each described by 41 fields of numbers and words.

    make train RECIPE=network_intrusion                  generated connections
    make train RECIPE=network_intrusion DATA=nsl_kdd     25,192 real ones; tested on KDDTest+

The detector takes the fields as they are, `duration`, `protocol_type` and so on. To score by the encoder
alone: SET="task.score=NearestCodes".
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.tables.nsl_kdd import Connections
from keras_ae.recipe import Recipe
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.thresholds import Conformal
from keras_ae.variants.variational import Variational

recipe = Recipe(
    data=Connections(),
    variant=Variational(DenseBackbone((128, 64)), latent_dim=20, beta=1e-3, likelihood="unit_gaussian"),
    task=Anomaly(threshold=Conformal(0.05)),
    epochs=60,
    batch_size=64,
    learning_rate=1e-3,
)
