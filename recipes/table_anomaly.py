"""Find the rows of a table that are unlike the others: any CSV of numbers and words.

    make train RECIPE=table_anomaly                      569 tumors, benign ones normal
    make train RECIPE=table_anomaly DATA=my.csv SET="data.label=status data.normal=ok"

The types of columns are inferred and printed; each flagged row names the columns that it is flagged for.
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.tables.tables import BreastCancer
from keras_ae.recipe import Recipe
from keras_ae.tasks.anomaly import Anomaly
from keras_ae.tasks.anomaly_scores import Mahalanobis, Together
from keras_ae.tasks.neighbor_scores import NearestExamples
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=BreastCancer(),
    variant=Undercomplete(DenseBackbone((64, 32)), latent_dim=8),
    task=Anomaly(score=Together(NearestExamples(), Mahalanobis("inputs"), weight=0.5)),
    default_epochs=50,
    min_steps=550,
    max_steps=2000,
    batch_size=16,
    learning_rate=1e-3,
)
