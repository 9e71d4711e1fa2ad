"""Clothes and accessories. The floor is at 67, the middle at 50."""

from collections.abc import Callable, Mapping

from config.demo.drawing.pen import INK, PAPER, Pen, Point, Tones

LEFT_SLEEVE: list[Point] = [(35, 17), (18, 36), (14, 56), (22, 58), (32, 40)]
SHORT_SLEEVE: list[Point] = [(36, 16), (17, 32), (24, 41), (34, 34)]


def mirrored(points: list[Point]) -> list[Point]:
    return [(100 - x, y) for x, y in points]


def body(pen: Pen, tone: Tones, sleeve: list[Point]) -> None:
    """Sleeves and trunk, as the garment lies on a table."""
    pen.shape(*sleeve, fill=tone.dark)
    pen.shape(*mirrored(sleeve), fill=tone.dark)
    pen.shape((36, 15), (64, 15), (69, 26), (68, 67), (32, 67), (31, 26), fill=tone.main)


def collar(pen: Pen, tone: Tones) -> None:
    pen.slice(50, 14, 9, 6, (0, 180), tone.deep)
    pen.shape((40, 12.5), (50, 20), (44, 26), (36.5, 16), fill=tone.light)
    pen.shape((60, 12.5), (50, 20), (56, 26), (63.5, 16), fill=tone.light)


def buttons(pen: Pen, tone: Tones, fill: tuple[int, int, int]) -> None:
    pen.line((50, 21), (50, 66.5), fill=tone.dark, width=0.8)
    for y in range(28, 66, 8):
        pen.dot(51.8, y, 0.9, fill)


def shirt(pen: Pen, tone: Tones) -> None:
    body(pen, tone, LEFT_SLEEVE)
    collar(pen, tone)
    buttons(pen, tone, PAPER)
    pen.box(56, 32, 64, 41, tone.light, 1)


def flannel(pen: Pen, tone: Tones) -> None:
    body(pen, tone, LEFT_SLEEVE)
    for x in (36, 43, 57, 64):
        pen.box(x - 1, 25, x + 1, 67, tone.dark)
    for y in (31, 41, 51, 61):
        pen.box(31.4, y, 68.6, y + 1.8, tone.deep)
        pen.box(31.4, y + 4, 68.6, y + 4.6, tone.pale)
    collar(pen, tone)
    buttons(pen, tone, PAPER)


def tee(pen: Pen, tone: Tones) -> None:
    body(pen, tone, SHORT_SLEEVE)
    pen.slice(50, 15, 9, 7, (0, 180), tone.deep)
    pen.arc(50, 15, 9.6, 7.6, (0, 180), tone.light, 1.4)
    pen.box(55, 31, 64, 41, tone.light, 1)
    pen.box(55, 31, 64, 32.4, tone.dark)


def sweater(pen: Pen, tone: Tones) -> None:
    body(pen, tone, LEFT_SLEEVE)
    for x in (38, 44, 50, 56, 62):
        pen.line(*[(x + (-1.2, 1.2)[i % 2], 25 + i * 3.6) for i in range(11)], fill=tone.light, width=1)
    pen.box(31.5, 63, 68.5, 68, tone.dark, 1)
    pen.box(41, 10.5, 59, 17.5, tone.dark, 2.5)
    pen.oval(50, 11.6, 7.6, 1.6, tone.deep)


def cardigan(pen: Pen, tone: Tones) -> None:
    body(pen, tone, LEFT_SLEEVE)
    pen.shape((41, 14.6), (59, 14.6), (50, 36), fill=tone.deep)
    for side in (1, -1):
        pen.line((50 - side * 9.5, 15), (50 - side * 0.6, 36), fill=tone.light, width=2)
    pen.line((50, 36), (50, 66), fill=tone.light, width=2.4)
    for y in range(39, 66, 6):
        pen.dot(50, y, 1.1, (112, 78, 54))
    for x in (36, 56):
        pen.box(x, 51, x + 8, 60, tone.dark, 1)


def trousers(pen: Pen, tone: Tones) -> None:
    pen.shape((35, 12), (65, 12), (70, 68), (55, 68), (50, 32), (45, 68), (30, 68), fill=tone.main)
    pen.shape((35, 12), (41, 12), (37, 68), (30, 68), fill=tone.light)
    pen.box(34.6, 11, 65.4, 15.4, tone.dark, 1)
    pen.line((50, 15), (50, 32), fill=tone.deep, width=0.8)
    for side in (1, -1):
        pen.curve((50 - side * 13, 16), (50 - side * 10, 21), (50 - side * 6, 16), fill=tone.deep, width=0.8)
    for left in (29.6, 54.8):
        pen.box(left, 64.6, left + 15.4, 68.6, tone.dark, 0.8)
    pen.dot(50, 13.2, 1, (205, 163, 73))


def shoe(pen: Pen, tone: Tones) -> None:
    pen.box(18, 60, 83, 66, tone.deep, 2.6)
    pen.box(18, 60, 36, 68, tone.deep, 1.4)
    outline = [
        (19, 30),
        (30, 34),
        (42, 32),
        (56, 45),
        (74, 50),
        (83, 56),
        (82, 62),
        (50, 62),
        (19, 62),
        (17, 46),
    ]
    pen.blob(*outline, fill=tone.main)
    pen.blob((66, 49), (75, 51), (82, 57), (80, 61), (66, 61), (62, 55), fill=tone.dark)
    pen.oval(30, 32, 11, 2.8, tone.deep)
    for step in range(3):
        pen.line(
            (42 + step * 4, 38 + step * 3.6), (36 + step * 4, 43 + step * 3.6), fill=tone.pale, width=1.2
        )


def sneaker(pen: Pen, tone: Tones) -> None:
    outline = [
        (20, 34),
        (32, 37),
        (44, 35),
        (56, 47),
        (72, 51),
        (82, 57),
        (80, 62),
        (50, 62),
        (20, 62),
        (18, 48),
    ]
    pen.blob(*outline, fill=tone.main)
    pen.blob((20, 44), (30, 46), (33, 60), (20, 61), fill=Tones.of("teal").main)
    pen.slice(77, 61, 9, 9, (180, 360), PAPER)
    pen.box(17, 59.5, 86, 66.5, PAPER, 3.4)
    pen.box(19, 62.4, 84, 63.8, Tones.of("rust").main, 0.6)
    pen.oval(32, 36, 11, 2.4, tone.deep)
    for step in range(4):
        pen.line((44 + step * 4, 39 + step * 3), (38 + step * 4, 45 + step * 3), fill=INK, width=1)


def beanie(pen: Pen, tone: Tones) -> None:
    pen.slice(50, 54, 27, 40, (180, 360), tone.main)
    for x, lean in ((36, -6), (43, -3), (50, 0), (57, 3), (64, 6)):
        pen.line((x + lean, 50), (x, 24 + abs(lean) * 1.2), fill=tone.dark, width=1.2)
    pen.box(21, 50, 79, 66, tone.dark, 5)
    for x in range(26, 77, 5):
        pen.line((x, 53), (x, 63), fill=tone.main, width=1.4)
    pen.dot(50, 14.5, 5.4, tone.light)


def tote(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 32, 13, 20, (180, 360), tone.deep, 2.6)
    pen.shape((26, 32), (74, 32), (78, 67), (22, 67), fill=tone.main)
    pen.shape((26, 32), (34, 32), (31, 67), (22, 67), fill=tone.light)
    pen.box(25.4, 31, 74.6, 35, tone.dark, 0.8)
    pen.box(42, 45, 58, 57, tone.dark, 1.4)
    for x in (37.6, 62.4):
        pen.dot(x, 33, 1.3, (205, 163, 73))


def scarf(pen: Pen, tone: Tones) -> None:
    pen.shape((50, 12), (79, 40), (50, 68), (21, 40), fill=tone.main)
    pen.shape((50, 17), (74, 40), (50, 63), (26, 40), fill=tone.pale)
    pen.shape((50, 20), (71, 40), (50, 60), (29, 40), fill=tone.light)
    for x, y in ((50, 30), (40, 40), (60, 40), (50, 50)):
        pen.dot(x, y, 4.6, tone.dark)
        pen.dot(x, y, 2, tone.pale)
    pen.dot(50, 40, 2.6, tone.deep)


def jacket(pen: Pen, tone: Tones) -> None:
    body(pen, tone, LEFT_SLEEVE)
    pen.blob((37, 19), (41, 9), (50, 6), (59, 9), (63, 19), (50, 24), fill=tone.dark)
    pen.blob((43, 17), (46, 11), (50, 10), (54, 11), (57, 17), (50, 20), fill=tone.deep)
    pen.line((50, 20), (50, 66.5), fill=INK, width=1.2)
    for side in (1, -1):
        pen.line((50 - side * 14, 46), (50 - side * 8, 54), fill=tone.deep, width=1.4)
    pen.box(31.6, 63.8, 68.4, 67.4, tone.dark, 0.8)
    pen.shape((36, 27), (64, 27), (66, 32), (34, 32), fill=tone.light)
    pen.line((50, 26), (50, 33), fill=INK, width=1.2)


SHAPES: Mapping[str, Callable[[Pen, Tones], None]] = {
    one.__name__: one
    for one in (shirt, flannel, tee, sweater, cardigan, trousers, shoe, sneaker, beanie, tote, scarf, jacket)
}
