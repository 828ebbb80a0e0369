"""Generate rows of a table like its own: numbers, words, times and gaps, also for a value of one column.

    make train RECIPE=table_generation                     569 tumors with 30 measurements, by their diagnosis
    make train RECIPE=table_generation DATA=my.csv         or SET="data.condition=status"
    keras-ae generate table_generation -n 1000 --output rows.csv --where diagnosis=malignant
    keras-ae sweep table_generation data.fold 0..9 --metric useful         repeated cross-validation

Numbers become normal by their quantiles; the decoder gives each a normal distribution, words and gaps their
probabilities. A code of 16 numbers between 64-128-128 and back; a mixture is fitted to the codes. A run on 2
cores of an AMD EPYC (AVX-512, no GPU), seed 0, two minutes of processor time. Right: the fraction of 119 real
test rows whose diagnosis a classifier tells (mean of logistic regression and gradient boosting) that was
trained on so many generated rows. Real or not: AUROC of a classifier that tells them from test rows.

                           right          real or not   distance to the nearest training row
    this                   .915 +- .037   .556          .426
    Gaussian copula        .867 +- .040   .578          .464
    independent columns    .553 +- .065   .991          .885
    training rows          .962 +- .025   .491          .433 (of the test rows)

Repeated cross-validation, ten folds, means and standard deviations of folds: right .917 +- .017, Gaussian
copula .888 +- .025, independent columns .600 +- .064, training rows .968 +- .011; real or not .622, copula
.615. No row is a copy.
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.tables.tables import BreastCancer
from keras_ae.data.tables.whole_rows import WholeRows
from keras_ae.recipe import Recipe
from keras_ae.tasks.row_generation import RowGeneration
from keras_ae.variants.tabular import Tabular

recipe = Recipe(
    data=WholeRows(BreastCancer(), condition="diagnosis"),
    variant=Tabular(DenseBackbone((128, 128)), latent_dim=16),
    task=RowGeneration(),
    default_epochs=30,
    min_steps=1500,
    max_steps=20_000,
    batch_size=64,
    learning_rate=1e-3,
)
