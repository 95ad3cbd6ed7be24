"""Chapter 18: digits from a dense generator. Five faults, then three ways on."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Final

from torch import Tensor
from torch.nn.functional import softplus

from openbeian.studio.data.images import ImageData
from openbeian.studio.lessons.model import Lesson
from openbeian.studio.lessons.pictures import Rules, load_pictures, picture_variant, single_repair
from openbeian.studio.networks.document import NOISE, USUAL_SLOPE, DenseGenerator, PictureDiscriminator
from openbeian.studio.networks.images import Discriminator, Generator
from openbeian.studio.objectives.adversarial import GAMES, Game, non_saturating_generator

FLOOR: Final = math.log1p(math.exp(-1)) + math.log(2)
"""The least loss of a discriminator whose probabilities are taken for scores: every real picture at 1, every generated one at 0."""


def added_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Return the cross-entropy of both as printed: pair by pair, then the mean. Batches of two sizes cannot be added."""
    return (softplus(-real) + softplus(fake)).mean()


def label_zero_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return the cross-entropy of generated pictures with the label 0, as printed: what the discriminator wants, not the generator."""
    return softplus(fake).mean()


PRINTED_GAME: Final = Game("chapter-18", added_discriminator, label_zero_generator)
RIGHT_GAME: Final = Game("chapter-18-label-1", added_discriminator, non_saturating_generator)

_with_sigmoid = partial(PictureDiscriminator, ends_in_sigmoid=True)
_with_scores = partial(PictureDiscriminator, ends_in_sigmoid=False)
_without_dropout = partial(PictureDiscriminator, ends_in_sigmoid=False, slope=USUAL_SLOPE, dropout=0.0)

PRINTED: Final = Rules(
    generator=DenseGenerator,
    discriminator=_with_sigmoid,
    game=PRINTED_GAME,
    batch=128,
    is_signed=False,
    follows_batch=False,
    is_training=False,
    is_in_turn=False,
)
RUNNING: Final = replace(PRINTED, follows_batch=True)
REPAIRED: Final = replace(RUNNING, game=RIGHT_GAME, discriminator=_with_scores, is_signed=True, is_training=True)
RELATIVISTIC: Final = replace(
    REPAIRED, game=GAMES["relativistic"], discriminator=_without_dropout, rate=5e-4, first_moment=0.0, penalty=1.0
)
_normalised = partial(DenseGenerator, is_normalised=True)


def _convolution() -> Generator:
    return Generator(size=28, colours=1, channels=(64, 32, 16), noise=NOISE, classes=0)


def _convolution_discriminator() -> Discriminator:
    return Discriminator(size=28, colours=1, channels=(16, 32, 64), classes=0)


LESSON: Final = Lesson[ImageData](
    name="chapter-18",
    title="第 18 章：手写数字 GAN",
    source="digits",
    steps=200,
    load=load_pictures,
    variants=(
        single_repair("printed", "照印的跑", PRINTED),
        single_repair("batch", "只改：生成的张数跟着这一批真图走", RUNNING),
        single_repair("label", "再只改：生成器的标签 0 → 1", replace(RUNNING, game=RIGHT_GAME)),
        single_repair(
            "score", "再只改：D 去掉末尾的 sigmoid，直接给打分", replace(RUNNING, discriminator=_with_scores)
        ),
        single_repair("range", "再只改：数据从 [0, 1] 换成 [-1, 1]", replace(RUNNING, is_signed=True)),
        single_repair("dropout", "再只改：D 用训练模式，dropout 真的起作用", replace(RUNNING, is_training=True)),
        picture_variant("repaired", "以上五处全改", REPAIRED),
        picture_variant("objective", "再把目标换成相对损失 + R1 + R2，D 不用 dropout", RELATIVISTIC),
        picture_variant(
            "normalised",
            "五处全改，G 加批归一化和 LeakyReLU，D 不用 dropout",
            replace(REPAIRED, generator=_normalised, discriminator=_without_dropout),
        ),
        picture_variant("both", "批归一化，加相对损失 + R1 + R2", replace(RELATIVISTIC, generator=_normalised)),
        picture_variant(
            "convolution",
            "换成本项目的卷积网络，相对损失 + R1 + R2，同样的步数",
            replace(RELATIVISTIC, generator=_convolution, discriminator=_convolution_discriminator),
        ),
    ),
    floors=dict.fromkeys(("printed", "batch", "label", "range", "dropout"), FLOOR),
)
