"""Find sounds that are unlike the normal ones: a folder `good` beside others, or one kind of sound.

    make train RECIPE=sound_anomaly                                chirps among other generated sounds
    make train RECIPE=sound_anomaly DATA=sounds                    sounds/good beside sounds/broken, ...
    make train RECIPE=sound_anomaly DATA=fsdd SET="data.abnormal=3"

The network reconstructs log-mel spectra of the first second; the detector takes waveforms of the rate that
its card states. The score is the reconstruction error with the distance from the nearest normal sound,
both for each frame of sound: silence that fills up a short one is no evidence. Each digit, or each
speaker, as the abnormal one, trained on the others:

    keras-ae sweep sound_anomaly data.abnormal 0..9 --data fsdd
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.data.sound.whole_clips import WholeClips
from keras_ae.recipe import Recipe
from keras_ae.tasks.sound_anomaly import SoundAnomaly
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=OneClass(WholeClips(GeneratedSounds(960)), abnormal="chirp"),
    variant=Undercomplete(DenseBackbone((256, 128)), latent_dim=32),
    task=SoundAnomaly(),
    default_epochs=40,
    min_steps=1500,
    batch_size=32,
    learning_rate=1e-3,
)
