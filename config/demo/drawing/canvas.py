"""A picture: a soft background in the department's colour, the thing, its name."""

from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from config.demo.drawing import gear, house, wear
from config.demo.drawing.pen import INK, RGB, Pen, Tones, mixed

SIZE = 800  # pixels
SCALE = 2  # drawn at this scale, then averaged for smooth edges
UNIT = SIZE * SCALE / 100
SMALL = 100  # pixels: the background is blurred, so it is drawn small

SHAPES = {**house.SHAPES, **wear.SHAPES, **gear.SHAPES}
# department: the background above and below
GROUNDS: dict[str, tuple[RGB, RGB]] = {
    "Home": ((247, 240, 230), (233, 214, 194)),
    "Clothing": ((240, 238, 243), (212, 210, 224)),
    "Books": ((249, 243, 224), (236, 219, 178)),
    "Electronics": ((235, 241, 244), (200, 215, 224)),
    "Outdoor": ((238, 243, 232), (203, 217, 192)),
}


def draw_picture(*, shape: str, colour: str, department: str, brand: str, title: str) -> Image.Image:
    image = stage(department).copy()
    SHAPES[shape](Pen(ImageDraw.Draw(image), UNIT), Tones.of(colour))
    image = image.reduce(SCALE)
    write(ImageDraw.Draw(image), brand, title)
    return image


@cache
def stage(department: str) -> Image.Image:
    """The background that all pictures of a department share."""
    above, below = GROUNDS[department]
    ground = ImageOps.colorize(Image.linear_gradient("L").resize((SMALL, SMALL)), above, below)
    image = ground.resize((SIZE * SCALE, SIZE * SCALE), Image.Resampling.BICUBIC)
    Pen(ImageDraw.Draw(image), UNIT).dot(50, 41, 33, mixed(above, (255, 255, 255), 0.6))
    image.paste(mixed(below, (40, 30, 50), 0.55), (0, round(SIZE * SCALE * 0.575)), shadow())
    return image


def shadow() -> Image.Image:
    """A mask of the thing's shadow on the floor."""
    strength = Image.new("L", (SMALL, SMALL // 4))
    ImageDraw.Draw(strength).ellipse((16, 9, 84, 16), 110)
    strength = strength.filter(ImageFilter.GaussianBlur(2.5))
    return strength.resize((SIZE * SCALE, SIZE * SCALE // 4), Image.Resampling.BICUBIC)


def write(draw: ImageDraw.ImageDraw, brand: str, title: str) -> None:
    """Writes the brand in small spaced capitals, and the title below it."""
    middle = SIZE // 2
    draw.text((middle, 662), " ".join(brand.upper()), mixed(INK, (255, 255, 255), 0.35), font(17), "mm")
    draw.text((middle, 706), title, INK, fitting(title), "mm")


def fitting(title: str) -> ImageFont.FreeTypeFont:
    """The largest font in which the title fits."""
    return next(
        font(size) for size in (40, 36, 32, 28, 24) if size == 24 or font(size).getlength(title) < 700
    )


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's built-in font, which exists on every machine."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)  # noqa: S101  (Pillow's wheels are built with FreeType)
    return found
