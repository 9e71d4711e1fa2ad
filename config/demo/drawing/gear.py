"""Electronics and outdoor gear. The floor is at 67, the middle at 50."""

from collections.abc import Callable, Mapping

from config.demo.drawing.pen import GLASS, INK, METAL, PAPER, Pen, Tones


def headphones(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 42, 27, 29, (180, 360), tone.dark, 4.4)
    pen.arc(50, 42, 24.4, 26, (200, 340), tone.light, 2)
    for x, pad in ((24, 30), (76, 70)):
        pen.box(x - 6, 39, x + 6, 64, tone.main, 6)
        pen.box(min(x, pad) - 1, 37, max(x, pad) + 1, 66, tone.deep, 4)
        pen.box(x - 6 if x < 50 else x + 1, 41, x - 1 if x < 50 else x + 6, 62, tone.main, 3)


def earbuds(pen: Pen, tone: Tones) -> None:
    pen.box(30, 42, 70, 67, tone.main, 10)
    pen.box(30, 50, 70, 51.2, tone.dark)
    pen.dot(50, 58, 1.6, Tones.of("sage").main)
    for x, lean in ((38, -4), (62, 4)):
        pen.line((x, 22), (x + lean / 2, 38), fill=tone.main, width=4.6)
        pen.dot(x + lean / 2, 20, 6.4, tone.main)
        pen.oval(x + lean, 20, 3, 4.2, INK)
        pen.dot(x + lean / 2, 38, 1.6, METAL)


def speaker(pen: Pen, tone: Tones) -> None:
    for left in (22, 53):
        pen.box(left, 14, left + 25, 67, tone.dark, 2)
        pen.box(left, 14, left + 23.4, 67, tone.main, 2)
        pen.box(left + 2, 16, left + 21.4, 65, INK, 1.4)
        pen.dot(left + 11.7, 27, 5, METAL)
        pen.dot(left + 11.7, 27, 3.4, (86, 92, 100))
        for radius, fill in ((8.4, METAL), (7.2, (74, 80, 88)), (2.8, METAL)):
            pen.dot(left + 11.7, 49, radius, fill)


def radio(pen: Pen, tone: Tones) -> None:
    pen.line((68, 28), (80, 8), fill=METAL, width=1)
    pen.arc(50, 28, 16, 12, (180, 360), tone.deep, 2.4)
    pen.box(18, 27, 82, 66, tone.main, 6)
    pen.box(22, 31, 54, 62, PAPER, 3)
    for y in range(35, 60, 4):
        for x in range(26, 52, 4):
            pen.dot(x, y, 0.9, tone.deep)
    pen.box(58, 31, 78, 41, (255, 240, 205), 1.6)
    pen.line((70, 32), (70, 40), fill=tone.dark, width=0.8)
    for x in (63, 73):
        pen.dot(x, 53, 4.4, PAPER)
        pen.line((x, 53), (x + 1.6, 50.4), fill=INK, width=0.8)


def pocket_speaker(pen: Pen, tone: Tones) -> None:
    pen.arc(76, 28, 6, 9, (200, 60), INK, 1.6)
    pen.box(26, 20, 74, 66, tone.main, 12)
    pen.box(26, 20, 40, 66, tone.light, 12)
    pen.box(33, 20, 74, 66, tone.main, 12)
    pen.dot(52, 44, 17, tone.dark)
    pen.dot(52, 44, 15.4, tone.deep)
    for ring in (12, 8.6, 5.2):
        pen.arc(52, 44, ring, ring, (0, 360), tone.main, 0.9)
    pen.box(40, 17.6, 50, 21, INK, 1.4)


def keyboard(pen: Pen, tone: Tones) -> None:
    pen.box(12, 30, 88, 67, tone.deep, 4)
    pen.box(12, 28, 88, 64, tone.main, 4)
    for row in range(4):
        for column in range(12):
            accent = (row, column) in {(0, 0), (2, 11)}
            fill = Tones.of("rust").main if accent else (PAPER if 0 < column < 11 else tone.pale)
            left, top = 16 + column * 5.75, 31.6 + row * 6.1
            pen.box(left, top, left + 4.9, top + 5, fill, 1)
    for left, right in ((16, 26.6), (28, 67), (68.4, 83.9)):
        pen.box(left, 56, right, 61, PAPER, 1)


def mouse(pen: Pen, tone: Tones) -> None:
    pen.curve((58, 20), (62, 12), (74, 12), (80, 6), fill=INK, width=1.4)
    pen.blob((36, 28), (52, 18), (66, 26), (71, 48), (64, 66), (44, 67), (30, 56), fill=tone.main)
    pen.blob((40, 28), (50, 21), (52, 40), (44, 44), fill=tone.light)
    pen.line((55, 19.6), (56, 42), fill=tone.deep, width=1)
    pen.box(53.6, 25, 57.6, 34, INK, 1.8)
    pen.dot(37, 47, 10, tone.deep)
    pen.dot(36.4, 46.4, 8.4, Tones.of("rust").main)
    pen.dot(33.6, 43.4, 2.2, Tones.of("rust").light)


def hub(pen: Pen, tone: Tones) -> None:
    pen.curve((76, 52), (88, 54), (86, 38), (94, 30), fill=INK, width=1.8)
    pen.shape((20, 40), (28, 32), (82, 32), (76, 40), fill=tone.light)
    pen.shape((76, 40), (82, 32), (82, 56), (76, 66), fill=tone.dark)
    pen.box(18, 40, 77, 66, tone.main, 3)
    for index in range(7):
        left = 22 + index * 7.5
        pen.box(left, 50, left + 5, 54, INK, 1)
        pen.dot(left + 2.5, 59, 0.9, (158, 214, 150) if index < 4 else tone.deep)


def camera(pen: Pen, tone: Tones) -> None:
    pen.box(34, 20, 56, 30, tone.dark, 2.6)
    pen.box(66, 22, 74, 30, INK, 1.4)
    pen.box(18, 26, 82, 66, tone.main, 5)
    pen.box(18, 36, 82, 58, tone.deep)
    pen.dot(50, 47, 16, METAL)
    pen.dot(50, 47, 13.4, INK)
    pen.dot(50, 47, 8.6, (64, 82, 104))
    pen.dot(46.6, 43.6, 2.6, GLASS)
    pen.box(66, 29, 77, 34, (255, 246, 214), 1.2)
    pen.dot(25, 31, 2, Tones.of("rust").main)


def tent(pen: Pen, tone: Tones) -> None:
    for x, end in ((20, 12), (80, 88)):
        pen.line((x, 56), (end, 67), fill=METAL, width=0.8)
    pen.shape((50, 18), (88, 66), (12, 66), fill=tone.main)
    pen.shape((50, 18), (88, 66), (64, 66), fill=tone.dark)
    pen.shape((50, 18), (62, 66), (38, 66), fill=tone.deep)
    pen.shape((50, 18), (38, 66), (32, 66), (47, 36), fill=tone.light)
    pen.line((50, 20), (50, 12), fill=METAL, width=1.2)
    pen.shape((50, 11), (59, 14), (50, 17), fill=Tones.of("rust").main)


def tarp(pen: Pen, tone: Tones) -> None:
    for x, top in ((22, 40), (78, 40), (50, 18)):
        pen.line((x, top), (x, 67), fill=(140, 104, 70), width=1.8)
    pen.shape((50, 18), (84, 42), (50, 50), (16, 42), fill=tone.main)
    pen.shape((50, 18), (16, 42), (50, 50), fill=tone.light)
    pen.line((50, 18), (50, 50), fill=tone.dark, width=0.8)
    for x, end in ((16, 8), (84, 92)):
        pen.line((x, 42), (end, 66), fill=METAL, width=0.7)
    pen.line((50, 50), (50, 66), fill=METAL, width=0.7)


def sleeping_bag(pen: Pen, tone: Tones) -> None:
    pen.blob((33, 12), (50, 8), (67, 12), (70, 30), (63, 64), (50, 69), (37, 64), (30, 30), fill=tone.main)
    for y in range(34, 64, 6):
        reach = 19 - (y - 34) * 0.2
        pen.curve((50 - reach, y), (50, y + 2.4), (50 + reach, y), fill=tone.dark, width=1)
    pen.blob((38, 16), (50, 12), (62, 16), (63, 26), (50, 31), (37, 26), fill=Tones.of("mustard").main)
    pen.blob((42, 18), (50, 16), (58, 18), (58, 24), (50, 27), (42, 24), fill=PAPER)
    pen.line((65, 24), (61, 58), fill=Tones.of("mustard").main, width=0.9)


def mat(pen: Pen, tone: Tones) -> None:
    for step in range(6):
        left, fill = 20 + step * 10, tone.main if step % 2 else tone.light
        top = 26 if step % 2 else 30
        pen.shape((left, top), (left + 10, 56 - top), (left + 10, 92 - top), (left, top + 36), fill=fill)
        for y in range(6, 34, 7):
            middle = top + y + (56 - 2 * top) / 2
            pen.dot(left + 5, middle, 1.5, tone.dark)
    pen.box(47, 29, 51, 64, INK, 1)


def stove(pen: Pen, tone: Tones) -> None:
    for x in (44, 50, 56):
        pen.blob((x - 2.4, 26), (x, 17), (x + 2.4, 26), (x, 29), fill=(92, 142, 205))
    for side in (1, -1):
        pen.line((50, 38), (50 - side * 16, 30), (50 - side * 17, 27), fill=METAL, width=1.6)
    pen.box(42, 28, 58, 33, (110, 114, 120), 1.4)
    pen.box(47, 33, 53, 44, METAL, 1)
    pen.line((53, 40), (66, 42), fill=METAL, width=1.2)
    pen.dot(67, 42, 2.4, INK)
    pen.blob((32, 50), (42, 44), (58, 44), (68, 50), (68, 62), (60, 67), (40, 67), (32, 62), fill=tone.main)
    pen.box(33, 53, 67, 60, PAPER)
    pen.box(37, 55.6, 54, 57.6, tone.dark, 1)


def bottle(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 14, 6, 6, (180, 360), INK, 1.8)
    pen.box(43, 13, 57, 21, INK, 1.6)
    pen.box(45, 20, 55, 26, METAL)
    pen.box(37, 24, 63, 67, tone.main, 7)
    pen.box(40.4, 30, 43.6, 60, tone.light, 1.6)
    pen.box(37, 58, 63, 60, tone.dark)
    pen.shape((46, 46), (50, 39), (52.4, 43), (54, 41), (57, 46), fill=tone.pale)


def backpack(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 14, 6, 6, (180, 360), tone.deep, 2)
    for x in (28, 72):
        pen.box(x - 5, 40, x + 5, 62, tone.deep, 4)
    pen.box(30, 20, 70, 67, tone.main, 9)
    pen.box(31, 12, 69, 24, tone.dark, 4)
    pen.box(35, 42, 65, 63, tone.dark, 4)
    pen.box(35, 42, 65, 47, tone.light, 2.4)
    for x in (41, 59):
        pen.box(x - 1, 22, x + 1, 42, INK)
        pen.box(x - 2, 33, x + 2, 36.4, METAL, 0.8)


def pannier(pen: Pen, tone: Tones) -> None:
    pen.box(30, 12, 70, 26, tone.dark, 4)
    pen.line((36, 15), (64, 15), fill=tone.light, width=1)
    pen.shape((30, 24), (70, 24), (75, 67), (25, 67), fill=tone.main)
    pen.shape((30, 24), (37, 24), (34, 67), (25, 67), fill=tone.light)
    for x in (40, 60):
        pen.box(x - 1.2, 14, x + 1.2, 40, INK, 0.6)
        pen.box(x - 2.4, 37, x + 2.4, 42, METAL, 0.8)
    pen.shape((42, 50), (58, 50), (60, 58), (40, 58), fill=PAPER)


def helmet(pen: Pen, tone: Tones) -> None:
    pen.curve((32, 48), (40, 66), (50, 69), fill=INK, width=1.4)
    pen.curve((68, 50), (60, 64), (50, 69), fill=INK, width=1.4)
    pen.slice(50, 50, 31, 34, (180, 360), tone.main)
    pen.slice(38, 48, 14, 26, (190, 300), tone.light)
    for x in (46, 56, 66):
        pen.box(x - 1.8, 24 + abs(x - 54) * 0.3, x + 1.8, 40, tone.deep, 1.8)
    pen.box(18, 47, 84, 53, tone.dark, 3)
    pen.blob((72, 48), (86, 49), (90, 54), (76, 54), fill=tone.deep)


SHAPES: Mapping[str, Callable[[Pen, Tones], None]] = {
    one.__name__: one
    for one in (
        headphones, earbuds, speaker, radio, pocket_speaker, keyboard, mouse, hub, camera, tent, tarp, sleeping_bag,
        mat, stove, bottle, backpack, pannier, helmet,
    )
}  # fmt: skip
