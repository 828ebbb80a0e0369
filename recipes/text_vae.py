"""Generate texts, and walk from one sentence to another.

make train RECIPE=text_vae                          lines of Python's own documentation
make train RECIPE=text_vae DATA=tinyshakespeare     or a file or a folder of .txt
keras-ae interpolate text_vae "text:a class is an object" "text:a name is bound to a value"
"""

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.data.text.documentation import PythonTopics
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.recurrent_variational import RecurrentVariational

recipe = Recipe(
    data=PythonTopics(),
    variant=RecurrentVariational(BidirectionalBackbone((128,)), latent_dim=16, units=256, free_bits=0.3),
    task=Generation(samples=1000, importance_samples=100),
    default_epochs=15,
    min_steps=1000,
    batch_size=64,
    lr_warmup_steps=50,
)
