"""A picture: a soft background in the tone of the department, the thing, its name."""

from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from config.demo.drawing import gear, house, wear
from config.demo.drawing.pen import INK, RGB, Pen, Tones, mixed

SIZE = 800  # pixels
SCALE = 2  # drawn larger, then averaged: smooth edges
SMALL = 100  # pixels: the background is blurred, so a small one is enough

SHAPES = house.SHAPES | wear.SHAPES | gear.SHAPES
# department: the background above and below
GROUNDS: dict[str, tuple[RGB, RGB]] = {
    "Home": ((247, 240, 230), (233, 214, 194)),
    "Clothing": ((240, 238, 243), (212, 210, 224)),
    "Books": ((249, 243, 224), (236, 219, 178)),
    "Electronics": ((235, 241, 244), (200, 215, 224)),
    "Outdoor": ((238, 243, 232), (203, 217, 192)),
}


def draw_picture(*, shape: str, colour: str, department: str, brand: str, title: str) -> Image.Image:
    image = background(department).resize((SIZE * SCALE, SIZE * SCALE), Image.Resampling.BICUBIC)
    pen = Pen(ImageDraw.Draw(image), SIZE * SCALE / 100)
    halo = mixed(GROUNDS[department][0], (255, 255, 255), 0.6)
    pen.dot(50, 41, 33, halo)
    image.paste(*shadow(department))
    SHAPES[shape](pen, Tones.of(colour))
    image = image.reduce(SCALE)
    write(ImageDraw.Draw(image), brand, title)
    return image


@cache
def background(department: str) -> Image.Image:
    above, below = GROUNDS[department]
    return ImageOps.colorize(Image.linear_gradient("L").resize((SMALL, SMALL)), above, below)


@cache
def shadow(department: str) -> tuple[RGB, tuple[int, int], Image.Image]:
    """On the floor under the thing: colour, place and strength."""
    strength = Image.new("L", (SMALL, SMALL // 4))
    ImageDraw.Draw(strength).ellipse((16, 9, 84, 16), 110)
    strength = strength.filter(ImageFilter.GaussianBlur(2.5))
    width = SIZE * SCALE
    colour = mixed(GROUNDS[department][1], (40, 30, 50), 0.55)
    return colour, (0, round(width * 0.575)), strength.resize((width, width // 4), Image.Resampling.BICUBIC)


def write(draw: ImageDraw.ImageDraw, brand: str, title: str) -> None:
    """The brand in small spaced capitals, below it the title."""
    middle = SIZE // 2
    draw.text((middle, 662), " ".join(brand.upper()), mixed(INK, (255, 255, 255), 0.35), font(17), "mm")
    draw.text((middle, 706), title, INK, fitting(title), "mm")


def fitting(title: str) -> ImageFont.FreeTypeFont:
    """The largest that fits."""
    return next(
        font(size) for size in (40, 36, 32, 28, 24) if size == 24 or font(size).getlength(title) < 700
    )


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own, which is there on every machine."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)  # noqa: S101  (Pillow's wheels are built with FreeType)
    return found
