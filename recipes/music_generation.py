"""Generate chorales in four voices, continue an opening, and walk from one chorale to another.

    make train RECIPE=music_generation              Bach's chorales as they come with music21
    make train RECIPE=music_generation DATA=jsb     or a folder of MIDI files
    keras-ae generate music_generation --count 4 --seed 1 --length 64 --playable

Convolutions over sixteenths encode four bars as 128 numbers; the decoder then chooses note after note, each
by the code, the half bar before and the notes that sound already. A run on 2 cores of an Intel Xeon (AVX-512,
no GPU) with other work beside, seed 0: 13 and 14 minutes of training. Violations of rules in 1,000 decoded
windows, as multiples of the test chorales':

                nats a sixteenth    bigram of each voice    ranges    crossings    parallel fifths, octaves
    chorales    2.21                4.42                    .14       .50          1.4
    jsb         2.03                3.86                    .21       .52          1.6
"""

from keras_ae.backbones.steps import StepsBackbone
from keras_ae.blocks.intervals import Intervals
from keras_ae.data.music.published import Chorales
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.autoregressive import Autoregressive

EXTRAS = "music"

recipe = Recipe(
    data=Chorales(),
    variant=Autoregressive(
        StepsBackbone(filters=(128, 192, 256, 256), halvings=4, kernel_size=5),
        latent_dim=128,
        hold_class=True,
        first_ordered_class=2,
        intervals=Intervals(period=12, max_above=12, max_below=36),
        beta=0.2,
        auxiliary_weight=1.0,
        noise_scale=0.3,
    ),
    task=Generation(samples=1000, importance_samples=100),
    default_epochs=9,
    min_steps=1350,
    min_steps_per_epoch=150,
    batch_size=64,
    lr_warmup_steps=200,
)
