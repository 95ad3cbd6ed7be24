"""What the models are trained for: pure functions from scores, means and variances to losses and bounds.

`adversarial` holds the games of generator and discriminator and their gradient penalties, `variational` the likelihoods, divergences and
bounds of the autoencoders. Nothing here knows a network, a data set or an optimiser.
"""
