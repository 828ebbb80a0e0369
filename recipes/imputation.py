"""Fill in the missing values of a table, with 90 % intervals: numbers, words and times.

make train RECIPE=imputation                      569 tumors with 30 measurements
make train RECIPE=imputation DATA=my.csv          its holes are learned from as they are
keras-ae impute imputation-my my.csv --output filled.csv
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.tables.tables import BreastCancer
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.recipe import Recipe
from keras_ae.tasks.imputation import Imputation
from keras_ae.variants.factor_analysis import FactorAnalysis

recipe = Recipe(
    data=WholeRows(BreastCancer(), transform="spread", few=2),
    variant=FactorAnalysis(DenseBackbone((64,), l2=1e-4), latent_dim=48),
    task=Imputation(),
    default_epochs=30,
    min_steps=600,
    max_steps=20_000,
    batch_size=64,
    learning_rate=1e-3,
)
