"""Shapes in hundredths of the picture's size, and the shades of a colour."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageColor, ImageDraw

Point = tuple[float, float]
RGB = tuple[int, int, int]

PALETTE = {
    "cream": "#efe3c8", "sand": "#d9bf94", "oak": "#c99a62", "mustard": "#e0a93b", "brass": "#cda349",
    "copper": "#c47a4e", "terracotta": "#cf7150", "rust": "#b5543a", "rose": "#d98f95", "chestnut": "#7d4a2f",
    "moss": "#76804a", "sage": "#9db08f", "teal": "#3c8486", "sky": "#8fb8d6", "indigo": "#3b4a77",
    "navy": "#2f4465", "graphite": "#4a4f57", "black": "#2b2c31", "white": "#f6f5f1",
}  # fmt: skip
INK, PAPER, WOOD, METAL, GLASS = (
    (47, 52, 58),
    (250, 246, 238),
    (196, 148, 98),
    (176, 181, 186),
    (214, 229, 232),
)
SMOOTHNESS = 12  # straight segments between two points of a curve


def mixed(colour: RGB, other: RGB, share: float) -> RGB:
    """`colour` with `share` of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Tones:
    main: RGB

    @classmethod
    def of(cls, name: str) -> "Tones":
        red, green, blue = ImageColor.getrgb(PALETTE[name])[:3]
        return cls((red, green, blue))

    @property
    def dark(self) -> RGB:
        return mixed(self.main, (30, 28, 40), 0.22)

    @property
    def deep(self) -> RGB:
        return mixed(self.main, (30, 28, 40), 0.5)

    @property
    def light(self) -> RGB:
        return mixed(self.main, (255, 252, 244), 0.35)

    @property
    def pale(self) -> RGB:
        return mixed(self.main, (255, 252, 244), 0.7)


class Pen:
    def __init__(self, draw: ImageDraw.ImageDraw, unit: float) -> None:
        self.draw, self.unit = draw, unit

    def scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.unit, y * self.unit) for x, y in points]

    def oval(self, x: float, y: float, rx: float, ry: float, fill: RGB) -> None:
        """An ellipse around (x, y)."""
        self.draw.ellipse(self.scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill)

    def dot(self, x: float, y: float, radius: float, fill: RGB) -> None:
        self.oval(x, y, radius, radius, fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB, radius: float = 0) -> None:  # noqa: PLR0917
        corners = self.scaled([(left, top), (right, bottom)])
        self.draw.rounded_rectangle(corners, radius * self.unit, fill)

    def shape(self, *points: Point, fill: RGB) -> None:
        """A polygon with straight edges."""
        self.draw.polygon(self.scaled(points), fill)

    def blob(self, *points: Point, fill: RGB) -> None:
        """A round outline through the points."""
        self.draw.polygon(self.scaled(curved([points[-1], *points, *points[:2]])), fill)

    def line(self, *points: Point, fill: RGB, width: float) -> None:
        """A line with round ends and corners."""
        thick = round(width * self.unit)
        self.draw.line(self.scaled(points), fill, thick, joint="curve")
        for x, y in (points[0], points[-1]):
            self.dot(x, y, width / 2 - 0.1, fill)

    def curve(self, *points: Point, fill: RGB, width: float) -> None:
        self.line(*curved([points[0], *points, points[-1]]), fill=fill, width=width)

    def arc(  # noqa: PLR0917
        self, x: float, y: float, rx: float, ry: float, angles: tuple[float, float], fill: RGB, width: float
    ) -> None:
        """From one angle to another (degrees, clockwise from three o'clock), inside the oval."""
        corners = self.scaled([(x - rx, y - ry), (x + rx, y + ry)])
        self.draw.arc(corners, *angles, fill, round(width * self.unit))

    def slice(self, x: float, y: float, rx: float, ry: float, angles: tuple[float, float], fill: RGB) -> None:  # noqa: PLR0917
        """A part of an ellipse, cut straight from end to end."""
        self.draw.chord(self.scaled([(x - rx, y - ry), (x + rx, y + ry)]), *angles, fill)


def curved(points: Sequence[Point]) -> list[Point]:
    """A Catmull-Rom curve through all but the first and the last point."""
    line = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        line += [between(a, b, c, d, step / SMOOTHNESS) for step in range(SMOOTHNESS)]
    return [*line, points[-2]]


def between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    x, y = (
        0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
        for p, q, r, s in zip(a, b, c, d, strict=True)
    )
    return x, y
