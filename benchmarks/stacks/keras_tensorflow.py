"""Keras on TensorFlow: the loop the founding document prints, one tape a player, `eager` as printed or in a `graph`.

Put right is what stops it or makes it learn the wrong thing: the slope's name, the size of the noise, the generator's label,
scores in place of probabilities. What only slows it stays. As printed, chapter 18's loop does not say that it is training,
so its dropout sleeps and costs nothing, to Keras's advantage; both updates share one pass of each network.
Runs in an environment of its own, without the rest of this project. Pictures lie in memory, as for the other stacks.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from turns import arguments, take_turns

NOISE = 100


def chapter18(keras: Any) -> tuple[Any, Any, dict[str, bool]]:
    """Return generator, discriminator, and how the loop calls them."""
    layers = keras.layers
    dense = [layers.Dense(width, activation="relu") for width in (128, 256, 512, 1024)]
    shape = [layers.Dense(784, activation="tanh"), layers.Reshape((28, 28, 1))]
    generator = keras.Sequential([keras.Input((NOISE,)), *dense, *shape])
    seen = [
        layer
        for width in (32, 64)
        for layer in (
            layers.Conv2D(width, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.01),
            layers.Dropout(0.3),
        )
    ]
    return generator, keras.Sequential([keras.Input((28, 28, 1)), *seen, layers.Flatten(), layers.Dense(1)]), {}


def dcgan(keras: Any) -> tuple[Any, Any, dict[str, bool]]:
    """Return networks of DCGAN's plan, 128 and 64 channels; batch normalisation needs to know that it is training."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((NOISE,)),
            layers.Dense(7 * 7 * 128),
            layers.Reshape((7, 7, 128)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(128, 4, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator, {"training": True}


def gan_update(keras: Any, tensorflow: Any, network: str, batch: int) -> Callable[[Any], object]:
    """Return one update of both players on pictures (batch, 28, 28, 1) in [-1, 1]."""
    generator, discriminator, mode = (chapter18 if network == "chapter-18" else dcgan)(keras)
    ours, theirs = (keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2))
    ours.build(generator.trainable_variables)
    theirs.build(discriminator.trainable_variables)
    entropy = tensorflow.nn.sigmoid_cross_entropy_with_logits

    def update(real: Any) -> None:
        noise = tensorflow.random.normal([batch, NOISE])
        with tensorflow.GradientTape() as our_tape, tensorflow.GradientTape() as their_tape:
            fake = generator(noise, **mode)
            of_real, of_fake = discriminator(real, **mode), discriminator(fake, **mode)
            ones, zeros = tensorflow.ones_like(of_fake), tensorflow.zeros_like(of_fake)
            our_loss = tensorflow.reduce_mean(entropy(logits=of_fake, labels=ones))
            their_loss = tensorflow.reduce_mean(
                entropy(logits=of_real, labels=ones) + entropy(logits=of_fake, labels=zeros)
            )
        our_gradients = our_tape.gradient(our_loss, generator.trainable_variables)
        their_gradients = their_tape.gradient(their_loss, discriminator.trainable_variables)
        ours.apply_gradients(zip(our_gradients, generator.trainable_variables, strict=True))
        theirs.apply_gradients(zip(their_gradients, discriminator.trainable_variables, strict=True))

    return update


def vae_update(keras: Any, tensorflow: Any, batch: int) -> Callable[[Any], object]:
    """Return one update of the textbook's autoencoder on pixels (batch, 784) in [0, 1]."""
    layers = keras.layers
    encoder = keras.Sequential([keras.Input((784,)), layers.Dense(400, activation="relu"), layers.Dense(40)])
    decoder = keras.Sequential([keras.Input((20,)), layers.Dense(400, activation="relu"), layers.Dense(784)])
    variables = encoder.trainable_variables + decoder.trainable_variables
    optimiser = keras.optimizers.Adam(1e-3)
    optimiser.build(variables)

    def update(pixels: Any) -> None:
        with tensorflow.GradientTape() as tape:
            mean, log_variance = tensorflow.split(encoder(pixels), 2, 1)
            latent = mean + tensorflow.random.normal([batch, 20]) * tensorflow.exp(0.5 * log_variance)
            scores = decoder(latent)
            error = tensorflow.nn.sigmoid_cross_entropy_with_logits(logits=scores, labels=pixels)
            divergence = -0.5 * (1 + log_variance - tensorflow.square(mean) - tensorflow.exp(log_variance))
            loss = (tensorflow.reduce_sum(error) + tensorflow.reduce_sum(divergence)) / batch
        optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    return update


def batches(data: Any, batch: int) -> Iterator[Any]:
    """Yield full batches without end, one after the other."""
    while True:
        for at in range(0, len(data) - batch + 1, batch):
            yield data[at : at + batch]


def main() -> None:
    """Take turns."""
    wanted = arguments()
    os.environ |= {
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": tempfile.mkdtemp(prefix="keras-"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(wanted.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(1)
    pixels = np.load(wanted.pictures).astype(np.float32)
    if wanted.network == "vae":
        data, update = pixels.reshape(-1, 784) / 255, vae_update(keras, tf, wanted.batch)
    else:
        data, update = pixels[..., None] / 127.5 - 1, gan_update(keras, tf, wanted.network, wanted.batch)
    if wanted.variant == "graph":
        update = tf.function(update)
    order = batches(tf.constant(data), wanted.batch)
    take_turns(lambda: update(next(order)), {"tensorflow": tf.__version__, "keras": keras.__version__})


if __name__ == "__main__":
    main()
