"""Anomalies in a data frame, then a walk in a latent space: a notebook as a script.

VS Code, PyCharm and Jupytext open it cell by cell; `python recipes/gallery/notebook.py` runs it as a whole,
in about a minute and a half on two cores. It needs no download.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

import keras_ae
from keras_ae.variants import Variational

# %% [markdown]
# ## Anomalies in a data frame
#
# Each row is a tumor. The column `label` says which rows are normal; the model learns from those alone. A
# frame without such a column works too: then every row counts as normal.

# %%
tumors = load_breast_cancer(as_frame=True)
frame = tumors.data.assign(label=tumors.target.map({0: "malignant", 1: "normal"}))
run = keras_ae.train("table_anomaly", data=frame, epochs=20, verbose=0)
print(f"area under the ROC curve on test rows: {run.metrics['auroc']:.3f}")

# %% [markdown]
# The detector scores any rows, and says how much each column contributes to a row's score.

# %%
detected = run.predict(frame, head="detector")
scored = frame[["label"]].assign(score=detected["score"], is_anomaly=detected["is_anomaly"])
columns = np.array(run.scaler.preprocessor.columns)
scored["mostly"] = columns[detected["contributions"].argmax(axis=1)]
print(scored.sort_values("score", ascending=False).head(8))

# %% [markdown]
# ## A walk in a latent space
#
# A variational autoencoder of digits of 8 x 8 pixels: from the code of one digit to that of another.

# %%
digits = load_digits()
images = (digits.images / 16).astype("float32")
run = keras_ae.train(Variational(latent_dim=8), data=images, epochs=40, batch_size=32, verbose=0)
print({name: round(value, 3) for name, value in run.metrics.items()})

# %%
first, last = run.encode(images[digits.target == 3][:1]), run.encode(images[digits.target == 6][:1])
walk = run.decode(first + (last - first) * np.linspace(0, 1, 10)[:, None])
figure, axes = plt.subplots(1, len(walk), figsize=(10, 1.1), layout="constrained")
for axis, image in zip(axes, walk[..., 0], strict=True):
    axis.imshow(image, cmap="gray", vmin=0, vmax=1)
    axis.axis("off")
figure.savefig("walk.png")

# %% [markdown]
# The run can be loaded again in another session, without the data: `keras_ae.load(directory)`.

# %%
again = keras_ae.load(run.directory)
print(again, float(abs(again.encode(images) - run.encode(images)).max()))
