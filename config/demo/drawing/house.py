"""Household things and books. The floor is at 67, the middle at 50."""

from collections.abc import Callable, Mapping

from config.demo.drawing.pen import GLASS, INK, METAL, PAPER, WOOD, Pen, Tones


def kettle(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 33, 20, 21, (180, 360), WOOD, 3)
    for x in (31.5, 68.5):
        pen.line((x, 33), (x, 37), fill=WOOD, width=3)
    pen.shape((68, 50), (84, 34), (87, 37), (72, 60), fill=tone.dark)
    pen.blob((30, 34), (50, 29), (70, 34), (76, 58), (68, 67), (32, 67), (24, 58), fill=tone.main)
    pen.blob((30, 36), (36, 33), (34, 52), (32, 62), (27, 57), fill=tone.light)
    pen.oval(50, 32, 14, 3.4, tone.dark)
    pen.dot(50, 27.5, 2.6, WOOD)


def dripper(pen: Pen, tone: Tones) -> None:
    pen.blob((38, 46), (62, 46), (67, 60), (60, 67), (40, 67), (33, 60), fill=GLASS)
    pen.slice(50, 58, 16.5, 9.5, (0, 180), tone.deep)
    pen.shape((32, 20), (68, 20), (56, 42), (44, 42), fill=tone.main)
    pen.shape((32, 20), (40, 20), (48, 42), (44, 42), fill=tone.light)
    pen.box(36, 41, 64, 45, tone.dark, 2)
    pen.oval(50, 20, 18, 3.2, tone.dark)
    pen.arc(69, 29, 7, 8, (260, 110), tone.main, 2.4)


def press(pen: Pen, tone: Tones) -> None:
    pen.box(49, 12, 51, 30, METAL)
    pen.dot(50, 12, 3, INK)
    pen.box(36, 28, 64, 66, GLASS, 3)
    pen.box(36, 42, 64, 66, (92, 62, 48), 3)
    pen.box(36, 39, 64, 42, METAL, 1)
    pen.arc(67, 45, 10, 13, (270, 90), INK, 3)
    for top in (30, 60):
        pen.box(34, top, 66, top + 4, tone.main, 1.5)
    pen.slice(50, 29, 16, 7, (180, 360), tone.main)
    pen.box(40, 31, 43, 60, PAPER, 1.5)


def pot(pen: Pen, tone: Tones) -> None:
    for x in (21, 79):
        pen.arc(x, 45, 7, 5, (0, 360), tone.deep, 2.6)
    pen.box(24, 38, 76, 66, tone.main, 7)
    pen.box(28, 42, 33, 60, tone.light, 2.5)
    pen.slice(50, 38, 28, 14, (180, 360), tone.dark)
    pen.box(21, 36, 79, 40, tone.deep, 2)
    pen.box(46, 19, 54, 25, tone.deep, 2)


def pan(pen: Pen, tone: Tones) -> None:
    pen.line((64, 36), (84, 16), fill=tone.dark, width=5)
    pen.dot(83.5, 16.5, 1.2, PAPER)
    pen.dot(44, 45, 25, tone.deep)
    pen.dot(44, 45, 22.5, tone.main)
    pen.dot(44, 45, 18, tone.dark)
    pen.arc(44, 45, 14, 14, (200, 260), tone.light, 1.6)


def mug(pen: Pen, tone: Tones) -> None:
    pen.arc(68, 46, 11, 11, (270, 90), tone.dark, 4.4)
    pen.box(32, 27, 68, 67, tone.main, 6)
    pen.box(32, 27, 68, 36, tone.main)
    pen.box(36, 34, 40, 60, tone.light, 2)
    pen.oval(50, 27.5, 18, 4, tone.deep)
    pen.oval(50, 28.3, 15.6, 2.8, (92, 62, 48))
    for x in (44, 54):
        pen.curve((x, 23), (x - 2, 20), (x + 2, 16), (x, 12), fill=GLASS, width=1.6)


def plate(pen: Pen, tone: Tones) -> None:
    for y in (64, 60.5, 57):
        pen.oval(50, y, 31, 6, tone.dark)
        pen.oval(50, y - 1.6, 31, 6, tone.main)
    pen.dot(50, 38, 27, tone.dark)
    pen.dot(50, 37.2, 26.4, tone.light)
    pen.dot(50, 37.2, 18.5, tone.main)
    pen.dot(50, 37.6, 17.3, tone.light)


def bowl(pen: Pen, tone: Tones) -> None:
    for x, y, radius, leaf in ((38, 37, 9, 92), (50, 33, 10, 120), (61, 37, 9, 104)):
        pen.dot(x, y, radius, (leaf, 142, 84))
    for x, y in ((43, 33), (57, 31), (51, 38)):
        pen.dot(x, y, 3.4, (205, 84, 66))
    pen.slice(50, 40, 31, 27, (0, 180), tone.main)
    pen.slice(50, 40, 31, 27, (90, 180), tone.light)
    pen.slice(50, 40, 27, 24, (0, 180), tone.main)
    for drop in (6, 12, 17):
        pen.arc(50, 40, 29 - drop / 3, 27 - drop, (20, 160), tone.dark, 0.7)
    pen.oval(50, 40, 31, 3, tone.dark)


def desk_lamp(pen: Pen, tone: Tones) -> None:
    pen.oval(40, 65, 15, 3.6, tone.dark)
    pen.line((40, 64), (32, 42), (54, 22), fill=INK, width=2.2)
    pen.shape((56, 42), (82, 40), (78, 66), (50, 66), fill=(255, 240, 190))
    pen.blob((50, 20), (57, 16), (68, 24), (82, 40), (55, 44), (50, 32), fill=tone.main)
    pen.blob((52, 21), (56, 19), (60, 26), (57, 38), (53, 31), fill=tone.light)
    for x, y in ((32, 42), (53, 22.5)):
        pen.dot(x, y, 2.6, tone.dark)


def pendant(pen: Pen, tone: Tones) -> None:
    pen.box(49.4, 2, 50.6, 26, INK)
    pen.shape((24, 50), (76, 50), (88, 66), (12, 66), fill=(255, 243, 205))
    pen.dot(50, 50, 5, (255, 250, 230))
    pen.slice(50, 50, 28, 26, (180, 360), tone.main)
    pen.slice(41, 48, 13, 18, (180, 300), tone.light)
    pen.box(46, 20, 54, 27, tone.dark, 1.5)
    pen.box(22, 48.6, 78, 51.2, tone.dark, 1.3)


def chair(pen: Pen, tone: Tones) -> None:
    pen.arc(50, 26, 16, 16, (180, 360), tone.main, 3)
    for x in (35.5, 64.5):
        pen.line((x, 26), (x, 46), fill=tone.main, width=3)
    pen.arc(50, 32, 10, 13, (180, 360), tone.dark, 2)
    for left, right in ((35, 31), (65, 69)):
        pen.line((left, 48), (right, 67), fill=tone.dark, width=3)
    for left, right in ((42, 40), (58, 60)):
        pen.line((left, 48), (right, 63), fill=tone.deep, width=2.4)
    pen.oval(50, 46.6, 20, 5, tone.dark)
    pen.oval(50, 45.4, 20, 5, (232, 214, 178))


def stool(pen: Pen, tone: Tones) -> None:
    for x in (34, 66):
        pen.line((x, 26), (x - 4 if x < 50 else x + 4, 66), fill=tone.dark, width=3.4)
    for left, right, top in ((28, 72, 22), (26, 74, 44)):
        pen.box(left, top, right, top + 5, tone.main, 2)
        pen.box(left + 3, top + 1, right - 3, top + 1.8, tone.light, 0.4)
    pen.line((33, 57), (67, 57), fill=tone.deep, width=2)


def shelf(pen: Pen, tone: Tones) -> None:
    for x in (24, 76):
        pen.box(x - 1.4, 10, x + 1.4, 67, tone.dark, 1)
    for y in (24, 40, 56):
        pen.box(20, y, 80, y + 2.6, tone.main, 0.6)
    spines = [(30, 9, "rust"), (34.5, 11, "navy"), (39, 8, "mustard"), (43.5, 10, "teal"), (62, 9, "rose")]
    for left, height, name in spines:
        pen.box(left, 40 - height, left + 4, 40, Tones.of(name).main, 0.5)
    pen.blob((60, 56), (57, 50), (60, 46), (66, 46), (69, 50), (66, 56), fill=Tones.of("terracotta").main)
    pen.curve((63, 46), (61, 41), (57, 38.5), fill=Tones.of("moss").main, width=1.6)
    pen.box(30, 49, 46, 56, PAPER, 1)
    pen.dot(66, 19.5, 4.5, Tones.of("sage").main)


def cushion(pen: Pen, tone: Tones) -> None:
    pen.blob((24, 21), (50, 25), (76, 21), (73, 43), (77, 66), (50, 62), (23, 66), (27, 43), fill=tone.dark)
    pen.blob(
        (26, 22.5), (50, 26), (74, 22.5), (71, 43), (75, 64), (50, 60), (25, 64), (29, 43), fill=tone.main
    )
    for shift in (0, 9, 18):
        pen.curve((36 + shift, 34), (41 + shift, 43), (36 + shift, 54), fill=tone.light, width=1.2)
    pen.dot(50, 43, 1.6, tone.deep)


def throw(pen: Pen, tone: Tones) -> None:
    for step, fill in enumerate((tone.dark, tone.main, tone.light)):
        top = 51 - step * 13
        pen.box(22, top, 78, top + 15, fill, 6)
        for x in range(28, 74, 5):
            pen.line((x, top + 5), (x + 2.5, top + 8), (x, top + 11), fill=tone.pale, width=0.7)
    for x in range(25, 77, 4):
        pen.line((x, 65), (x, 69), fill=tone.deep, width=0.9)


def vase(pen: Pen, tone: Tones) -> None:
    for x, y, name in ((38, 16, "rose"), (52, 11, "mustard"), (62, 19, "terracotta")):
        pen.curve((50, 46), (50 + (x - 50) / 3, 32), (x, y), fill=Tones.of("moss").main, width=1.2)
        pen.dot(x, y, 5, Tones.of(name).main)
        pen.dot(x, y, 1.8, Tones.of("brass").dark)
    pen.blob((46, 34), (54, 34), (55, 42), (66, 54), (60, 67), (40, 67), (34, 54), (45, 42), fill=tone.main)
    pen.blob((38, 54), (42, 49), (41, 60), (39, 62), fill=tone.light)


def book(pen: Pen, tone: Tones) -> None:
    pen.shape((30, 17), (34, 13), (74, 13), (70, 17), fill=PAPER)
    pen.shape((70, 17), (74, 13), (74, 63), (70, 67), fill=(226, 217, 200))
    pen.box(28, 17, 70, 67, tone.main, 1.2)
    pen.box(28, 17, 33, 67, tone.dark, 1.2)
    pen.box(38, 25, 65, 27, tone.pale, 1)
    pen.box(42, 29.5, 61, 31, tone.pale, 0.7)
    pen.dot(51.5, 47, 9, tone.light)
    pen.slice(51.5, 47, 9, 9, (20, 160), tone.pale)
    pen.shape((44, 51), (50, 42), (54, 47), (56.5, 45), (60, 50), fill=tone.deep)


def cookbook(pen: Pen, tone: Tones) -> None:
    pen.box(24, 20, 76, 67, (226, 217, 200), 1)
    pen.box(24, 17, 74, 64.5, tone.main, 1.5)
    pen.box(24, 17, 29, 64.5, tone.dark, 1.5)
    pen.dot(51.5, 44, 14, PAPER)
    pen.dot(51.5, 44, 9.5, tone.pale)
    pen.box(33, 34, 34.4, 55, PAPER, 0.6)
    for x in (31.8, 33.7, 35.6):
        pen.box(x - 0.4, 31, x + 0.4, 38, PAPER, 0.4)
    pen.box(68.4, 31, 70.4, 55, PAPER, 1)
    pen.box(38, 22, 66, 24.4, PAPER, 1)


def notebook(pen: Pen, tone: Tones) -> None:
    pen.box(32, 16, 72, 67, tone.deep, 3)
    pen.box(30, 14, 69, 65, tone.main, 3)
    pen.box(30, 14, 35, 65, tone.dark, 2)
    pen.box(61, 14, 63.4, 65, tone.deep)
    pen.box(40, 24, 56, 33, PAPER, 1.2)
    for y in (27, 30):
        pen.box(43, y, 53, y + 0.8, tone.dark, 0.3)
    pen.box(45, 65, 47.4, 71, Tones.of("rust").main)


def pen_and_ink(pen: Pen, tone: Tones) -> None:
    pen.line((26, 60), (70, 22), fill=tone.main, width=7)
    pen.line((27, 57.5), (69, 20.8), fill=tone.light, width=1.4)
    pen.line((50, 39.3), (52, 37.6), fill=tone.deep, width=7.4)
    pen.shape((20.5, 66.5), (24, 56.8), (29, 62.6), fill=METAL)
    pen.line((20.5, 66.5), (24, 63), fill=INK, width=0.6)
    pen.line((55, 27), (67, 17), fill=tone.dark, width=1.6)
    pen.curve((22, 67), (34, 70), (44, 64), (54, 68), (66, 65), (78, 68), fill=INK, width=1)


def calendar(pen: Pen, tone: Tones) -> None:
    pen.box(27, 14, 73, 67, PAPER, 1)
    pen.box(27, 14, 73, 44, tone.main, 1)
    pen.blob((40, 36), (46, 24), (56, 23), (60, 30), (53, 37), fill=tone.pale)
    pen.shape((58, 24), (64, 26), (59, 28), fill=Tones.of("mustard").main)
    pen.blob((42, 34), (48, 28), (54, 31), (46, 37), fill=tone.deep)
    for row in range(4):
        for column in range(7):
            pen.box(31 + column * 5.6, 47.5 + row * 4.6, 34 + column * 5.6, 50 + row * 4.6, tone.pale, 0.6)
    for x in range(31, 72, 4):
        pen.arc(x, 14, 1.2, 2, (0, 360), METAL, 0.7)


def letter(pen: Pen, tone: Tones) -> None:
    pen.box(30, 12, 70, 50, PAPER, 1)
    for y in range(18, 34, 4):
        pen.box(35, y, 65 - (y == 30) * 12, y + 1, METAL, 0.4)
    pen.box(22, 34, 78, 67, tone.dark, 1.5)
    pen.shape((22, 67), (22, 35), (50, 54), fill=tone.light)
    pen.shape((78, 67), (78, 35), (50, 54), fill=tone.light)
    pen.shape((22, 67), (50, 49), (78, 67), fill=tone.main)
    pen.dot(50, 55, 4.2, Tones.of("rust").main)
    pen.dot(50, 55, 2.6, Tones.of("rust").dark)


SHAPES: Mapping[str, Callable[[Pen, Tones], None]] = {
    one.__name__: one
    for one in (
        kettle, dripper, press, pot, pan, mug, plate, bowl, desk_lamp, pendant, chair, stool, shelf, cushion, throw,
        vase, book, cookbook, notebook, calendar, letter,
    )
} | {"pen": pen_and_ink}  # fmt: skip
