"""More of what the drawn photos show: cars, houses, water, trees, animals, parks, snow."""

import math
from collections.abc import Callable

from app.demo.canvas import Canvas
from app.demo.objects import BUMPS
from app.demo.scenes import NIGHT, Light, kerb, lawn, street, wall


def lot(light: Light) -> Canvas:
    c = kerb(light)
    c.rect(180, 360, 900, 260, "#8c7a62")
    for i in range(12):
        c.rect(190 + i * 74, 350, 50, 270, "#a8937a", 4)
    for i in range(46):
        x = 150 + i * 21
        high = 150 + (i * 37) % 170
        lean = ((i * 13) % 5 - 2) * 14
        c.poly([(x - 10, 690), (x + 10, 690), (x + lean, 690 - high)], "#5f8c3f" if i % 2 else "#79a552")
    for i in range(9):
        c.oval(190 + i * 108, 500 + (i * 29) % 70, 26, 26, "#f2d24b")
    return c


def car(light: Light) -> Canvas:
    c = street(light)
    c.oval(640, 850, 800, 60, "#373c43")
    c.rect(250, 640, 780, 170, "#8795a1", 46)
    c.poly([(380, 650), (470, 520), (800, 520), (910, 650)], "#76848f")
    c.poly([(420, 640), (492, 542), (628, 542), (628, 640)], "#bcd0db")
    c.poly([(652, 640), (652, 542), (786, 542), (866, 640)], "#3a4046")
    c.line([(690, 560), (740, 600), (720, 632)], "#bcd0db", 6)
    for x in (400, 880):
        c.oval(x, 818, 150, 120, "#1f2226")
        c.oval(x, 818, 66, 56, "#6b7178")
    c.blob(560, 740, 120, 46, "#a5673f", BUMPS)
    return c


def house(light: Light) -> Canvas:
    c = kerb(light)
    c.rect(0, 0, 1280, 600, light.sky[1])
    c.rect(340, 240, 600, 370, "#c8bfae")
    c.poly([(290, 250), (640, 60), (990, 250)], "#6d5a50")
    c.poly([(740, 110), (800, 150), (770, 190), (710, 140)], light.sky[1])
    for x in (400, 770):
        c.rect(x, 320, 110, 130, "#8c7a62")
        c.line([(x - 6, 330), (x + 116, 440)], "#a98f6e", 20)
        c.line([(x + 116, 330), (x - 6, 440)], "#a98f6e", 20)
    c.rect(580, 410, 120, 200, "#3a3430")
    c.poly([(700, 410), (756, 440), (756, 620), (700, 610)], "#7d4b3c")
    for i in range(24):
        c.poly([(330 + i * 27, 612), (346 + i * 27, 612), (336 + i * 27, 540 - (i * 31) % 60)], "#6d8f4c")
    return c


def leak(light: Light) -> Canvas:
    c = street(light)
    c.blob(640, 830, 900, 170, "#8fb9cf", BUMPS)
    c.blob(640, 840, 640, 100, "#a9cfe0", BUMPS[::-1])
    c.rect(580, 480, 120, 320, "#c8322b", 16)
    c.rect(552, 760, 176, 44, "#a42620", 8)
    c.oval(640, 480, 120, 110, "#c8322b")
    c.rect(610, 400, 60, 40, "#a42620", 8)
    c.rect(540, 560, 200, 66, "#a42620", 14)
    for bend in (0, 26, 52):
        c.line([(744, 592), (830 + bend, 610 + bend), (880 + bend, 700), (900 + bend, 810)], "#bfe0ee", 14)
    return c


def drain(light: Light) -> Canvas:
    c = street(light)
    c.blob(560, 800, 1000, 260, "#6f8a96", BUMPS)
    c.blob(560, 810, 760, 170, "#86a3ae", BUMPS[::-1])
    c.poly([(430, 740), (760, 740), (800, 860), (390, 860)], "#2b2f34")
    for i in range(6):
        c.line([(450 + i * 60, 748), (424 + i * 68, 852)], "#565d64", 12)
    for i in range(16):
        x, y = 400 + (i * 83) % 420, 730 + (i * 47) % 130
        c.oval(x, y, 62, 30, ("#b0672f", "#c98b2f", "#8c5a2b")[i % 3])
    return c


def tree(light: Light) -> Canvas:
    c = street(light)
    c.poly([(120, 800), (150, 860), (900, 720), (880, 660)], "#6b4f35")
    c.line([(700, 710), (830, 560)], "#6b4f35", 28)
    for x, y, size in ((900, 640, 330), (1040, 720, 300), (840, 520, 240), (1130, 600, 220), (960, 800, 240)):
        c.blob(x, y, size, size * 0.84, "#4f7d43" if size > 250 else "#669a55", BUMPS)
    c.blob(110, 830, 190, 150, "#7a5b3c", BUMPS)
    for turn in range(6):
        angle = 2.2 + turn * 0.4
        c.line([(110, 830), (110 + 130 * math.cos(angle), 830 + 110 * math.sin(angle))], "#5b432d", 12)
    return c


def rat(light: Light) -> Canvas:
    c = wall(NIGHT, "#3a4152", "#2b3140")
    c.rect(760, 470, 330, 320, "#35503f", 14)
    c.rect(744, 436, 362, 46, "#2a4033", 12)
    c.oval(460, 812, 340, 40, "#232833")
    c.blob(450, 750, 270, 140, "#6f675f", BUMPS)
    c.oval(310, 748, 120, 92, "#7b736a")
    c.oval(340, 700, 52, 52, "#8f857b")
    c.oval(292, 738, 14, 14, "#111111")
    c.oval(252, 756, 16, 14, "#c88f8a")
    c.line([(575, 770), (680, 800), (720, 770), (790, 792)], "#a98982", 12)
    return c


def dog(light: Light) -> Canvas:
    c = street(light)
    c.oval(640, 850, 460, 44, "#3f444b")
    c.rect(480, 610, 300, 130, "#a8784b", 60)
    for x in (500, 560, 690, 742):
        c.rect(x, 700, 36, 150, "#98693f", 14)
    c.oval(450, 580, 150, 130, "#a8784b")
    c.rect(350, 580, 110, 60, "#b98a5c", 26)
    c.poly([(440, 520), (500, 500), (496, 590)], "#7d5531")
    c.oval(356, 594, 26, 22, "#22201e")
    c.oval(430, 566, 15, 15, "#22201e")
    c.line([(776, 640), (850, 560), (860, 520)], "#a8784b", 26)
    return c


def noise(light: Light) -> Canvas:
    c = street(NIGHT)
    c.rect(120, 150, 420, 700, "#39435a")
    for row in range(3):
        for column in range(3):
            lit = (row, column) in ((0, 1), (1, 2), (2, 0))
            c.rect(160 + column * 125, 190 + row * 190, 90, 130, "#f2c95c" if lit else "#2a3347", 4)
    for i in range(4):
        c.ring(420, 450, 260 + i * 150, 16, "#f29e5c", -38, 38)
    c.line([(860, 330), (860, 470)], "#f7e3a1", 14)
    c.line([(960, 300), (960, 440)], "#f7e3a1", 14)
    c.line([(860, 330), (960, 300)], "#f7e3a1", 20)
    c.oval(838, 474, 56, 44, "#f7e3a1")
    c.oval(938, 444, 56, 44, "#f7e3a1")
    return c


def bench(light: Light) -> Canvas:
    c = lawn(light)
    c.oval(640, 850, 720, 40, "#6b8a55")
    for y in (470, 540):
        c.rect(330, y, 620, 44, "#9a6b3f", 8)
    c.poly([(330, 640), (700, 640), (690, 690), (330, 690)], "#a8774a")
    c.poly([(760, 640), (950, 640), (950, 690), (790, 690)], "#a8774a")
    c.poly([(690, 650), (760, 760), (730, 776), (664, 690)], "#8a5c34")
    for x in (380, 880):
        c.rect(x, 450, 26, 400, "#3b3f44", 6)
    return c


def snow(light: Light) -> Canvas:
    c = street(light)
    c.poly([(0, 500), (560, 385), (300, 960), (0, 960)], "#f1f5f8")
    c.poly([(1280, 500), (720, 385), (990, 960), (1280, 960)], "#e6edf2")
    c.blob(220, 760, 520, 240, "#ffffff", BUMPS)
    c.blob(1090, 780, 480, 230, "#f7fafc", BUMPS[::-1])
    c.poly([(600, 385), (680, 385), (960, 960), (330, 960)], "#cfdbe3")
    c.line([(610, 560), (520, 940)], "#b4c4cf", 26)
    c.line([(680, 560), (770, 940)], "#b4c4cf", 26)
    for i in range(70):
        c.oval((i * 197) % 1280, (i * 131) % 900, 10, 10, "#ffffff")
    return c


PICTURES: dict[str, Callable[[Light], Canvas]] = {
    "lot": lot, "car": car, "house": house, "leak": leak, "drain": drain, "tree": tree, "rat": rat, "dog": dog,
    "noise": noise, "bench": bench, "snow": snow,
}  # fmt: skip
