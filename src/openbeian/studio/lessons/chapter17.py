"""Chapter 17: pictures from a transposed convolution by least squares. Five faults."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from torch import Tensor

from openbeian.studio.data.images import ImageData
from openbeian.studio.lessons.model import Lesson
from openbeian.studio.lessons.pictures import Rules, load_pictures, picture_variant, single_repair
from openbeian.studio.networks.document import ConvolutionGenerator, PictureDiscriminator
from openbeian.studio.objectives.adversarial import GAMES, Game, least_squares_discriminator


def zero_generator(_real: Tensor, fake: Tensor) -> Tensor:
    """Return the mean square of the generated pictures' output, as printed: pulled to 0, which is the discriminator's own aim."""
    return fake.square().mean()


PRINTED_GAME: Final = Game("chapter-17", least_squares_discriminator, zero_generator)
RIGHT_GAME: Final = GAMES["least-squares"]

_halved = partial(ConvolutionGenerator, is_bounded=False)
_with_scores = partial(PictureDiscriminator, ends_in_sigmoid=False)

PRINTED: Final = Rules(
    generator=partial(ConvolutionGenerator, is_halved=False, is_bounded=False),
    discriminator=partial(PictureDiscriminator, ends_in_sigmoid=True),
    game=PRINTED_GAME,
    batch=32,
    is_signed=True,
    follows_batch=True,
    is_training=False,
    is_in_turn=True,
)
RUNNING: Final = replace(PRINTED, generator=_halved)
REPAIRED: Final = replace(
    RUNNING, generator=ConvolutionGenerator, game=RIGHT_GAME, discriminator=_with_scores, is_training=True
)

LESSON: Final = Lesson[ImageData](
    name="chapter-17",
    title="第 17 章：转置卷积 GAN",
    source="digits",
    steps=500,
    load=load_pictures,
    variants=(
        single_repair("printed", "照印的跑", PRINTED),
        single_repair("geometry", "只改：先排成 14×14 的四张，再放大到 28×28", RUNNING),
        single_repair("tanh", "再只改：tanh 移到最后一层之后", replace(RUNNING, generator=ConvolutionGenerator)),
        single_repair("target", "再只改：生成器的目标从 0 换成 1", replace(RUNNING, game=RIGHT_GAME)),
        single_repair("score", "再只改：D 去掉末尾的 sigmoid", replace(RUNNING, discriminator=_with_scores)),
        single_repair("dropout", "再只改：D 用训练模式，dropout 真的起作用", replace(RUNNING, is_training=True)),
        picture_variant("repaired", "以上五处全改", REPAIRED),
        picture_variant(
            "objective",
            "五处全改，再把目标换成相对损失 + R1 + R2，D 不用 dropout",
            replace(
                REPAIRED,
                game=GAMES["relativistic"],
                discriminator=partial(PictureDiscriminator, ends_in_sigmoid=False, slope=0.2, dropout=0.0),
                rate=5e-4,
                first_moment=0.0,
                penalty=1.0,
            ),
        ),
    ),
)
