"""What the drawn photos show, one function a thing: each draws a whole picture in a given light."""

from collections.abc import Callable

from app.demo.canvas import Canvas
from app.demo.scenes import DAY, NIGHT, Light, kerb, lawn, room, street, wall

BUMPS = (1.0, 0.82, 1.08, 0.9, 1.04, 0.78, 1.0)


def pothole(light: Light) -> Canvas:
    c = street(light)
    c.blob(520, 760, 470, 190, "#40454d", BUMPS)
    c.blob(522, 772, 390, 140, "#2b2e33", BUMPS[::-1])
    c.blob(530, 792, 270, 76, "#7f97a6", BUMPS)
    for x, y, size in ((300, 700, 26), (760, 720, 20), (800, 830, 30), (270, 850, 18), (700, 880, 16)):
        c.blob(x, y, size, size * 0.6, "#3b4047", BUMPS)
    return c


def cavein(light: Light) -> Canvas:
    c = street(light)
    c.blob(600, 780, 640, 240, "#4c525a", BUMPS)
    c.blob(600, 800, 540, 180, "#6e4f38", BUMPS[::-1])
    c.blob(600, 826, 400, 110, "#2a1f18", BUMPS)
    for x in (220, 1000):
        _cone(c, x, 760, 1.0)
    c.line([(220, 668), (1000, 668)], "#f4c430", 10)
    return c


def sidewalk(light: Light) -> Canvas:
    c = kerb(light)
    c.poly([(470, 690), (660, 640), (830, 690), (640, 768)], "#d5d3cb")
    c.poly([(470, 690), (640, 768), (640, 790), (470, 716)], "#8b8982")
    c.poly([(640, 768), (830, 690), (830, 712), (640, 790)], "#75736d")
    c.line([(560, 700), (620, 722), (640, 700), (720, 716)], "#75736d", 5)
    c.blob(455, 714, 90, 36, "#6f9a5a", BUMPS)
    return c


def cones(light: Light) -> Canvas:
    c = kerb(light)
    for i in range(5):
        c.rect(330, 600 + i * 28, 470, 22, "#b98d5a" if i % 2 else "#a67c4c")
    for x in (240, 900, 1040):
        _cone(c, x, 780, 1.2)
    c.rect(830, 560, 18, 210, "#d9d9d9")
    c.rect(760, 570, 300, 60, "#f2f2f2", 6)
    for i in range(5):
        c.poly([(775 + i * 60, 570), (800 + i * 60, 570), (785 + i * 60, 630), (760 + i * 60, 630)], "#e4572e")
    return c


def signal(light: Light) -> Canvas:
    c = street(light)
    c.rect(930, 120, 26, 760, "#3d434a")
    c.rect(560, 150, 390, 20, "#3d434a")
    c.rect(590, 130, 120, 300, "#23272c", 18)
    for y, colour in ((180, "#d9413a"), (280, "#3a3320"), (380, "#20352a")):
        c.oval(650, y, 80, 80, colour)
    c.oval(650, 180, 108, 108, "#d9413a")
    c.oval(650, 180, 70, 70, "#ff7b6f")
    c.rect(884, 560, 60, 90, "#2a2f35", 8)
    return c


def sign(light: Light) -> Canvas:
    c = street(light)
    c.poly([(960, 930), (985, 930), (720, 330), (696, 342)], "#9aa0a6")
    corners = [(640, 190), (752, 140), (862, 190), (908, 300), (862, 410), (752, 458), (640, 410), (596, 300)]
    c.poly(corners, "#f5f5f5")
    c.poly([(752 + (x - 752) * 0.92, 300 + (y - 300) * 0.92) for x, y in corners], "#c8322b")
    c.text(752, 300, "STOP", 92, "#f5f5f5")
    return c


def light_out(light: Light) -> Canvas:
    c = street(NIGHT)
    c.rect(300, 150, 22, 760, "#0f141d")
    c.line([(311, 160), (400, 110), (520, 110)], "#0f141d", 18)
    c.rect(480, 100, 120, 28, "#10151e", 10)
    c.poly([(1010, 150), (1110, 150), (1280, 820), (840, 820)], "#3a4257")
    c.rect(1010, 128, 110, 24, "#f7e3a1", 10)
    c.rect(1180, 140, 18, 700, "#0f141d")
    c.line([(1189, 150), (1100, 132)], "#0f141d", 14)
    return c


def carts(light: Light) -> Canvas:
    c = kerb(light)
    for x, colour, lid in ((330, "#3f6f52", "#345c44"), (560, "#2f6690", "#26557a"), (790, "#6b5b4b", "#594b3d")):
        c.poly([(x, 560), (x + 190, 560), (x + 168, 850), (x + 22, 850)], colour)
        c.rect(x - 14, 524, 218, 44, lid, 12)
        c.oval(x + 34, 858, 46, 46, "#23272c")
        c.oval(x + 156, 858, 46, 46, "#23272c")
    c.blob(660, 505, 150, 90, "#e8e6df", BUMPS)
    return c


def bin_(light: Light) -> Canvas:
    c = lawn(light)
    c.rect(540, 500, 220, 330, "#4a5a53", 18)
    for i in range(5):
        c.rect(560 + i * 40, 530, 16, 270, "#3b4943", 6)
    c.oval(650, 500, 236, 56, "#333f3a")
    bags = ((590, 460, 120, "#e9e4d6"), (690, 440, 150, "#c6d3db"), (640, 400, 110, "#e0b15c"),
            (470, 850, 110, "#c6d3db"), (850, 840, 130, "#e9e4d6"), (900, 880, 70, "#cf6f55"))  # fmt: skip
    for x, y, size, colour in bags:
        c.blob(x, y, size, size * 0.8, colour, BUMPS)
    c.line([(960, 380), (1000, 350), (1030, 372), (1062, 346), (1100, 376)], "#f7f7f5", 12)
    return c


def bulky(light: Light) -> Canvas:
    c = kerb(light)
    c.rect(300, 520, 560, 150, "#7a5c86", 30)
    c.rect(260, 590, 640, 170, "#8b6a99", 34)
    c.rect(250, 560, 100, 220, "#6c5078", 30)
    c.rect(810, 560, 100, 220, "#6c5078", 30)
    c.poly([(930, 360), (1080, 330), (1130, 800), (970, 810)], "#e9e5da")
    c.line([(965, 380), (1010, 790)], "#cfc8b6", 6)
    return c


def dumping(light: Light) -> Canvas:
    c = street(light, houses=False)
    for x, y in ((420, 760), (560, 800), (480, 690)):
        c.oval(x, y, 190, 120, "#25282c")
        c.oval(x, y - 6, 96, 54, "#565b61")
    for x, y, size in ((720, 770, 190), (860, 810, 160), (790, 700, 150)):
        c.blob(x, y, size, size * 0.86, "#33363b", BUMPS)
        c.blob(x - 20, y - size * 0.4, 40, 26, "#4a4e55", BUMPS)
    c.rect(960, 740, 110, 120, "#c9cdd1", 8)
    c.rect(960, 720, 110, 26, "#5b86a8", 8)
    return c


def branch(light: Light) -> Canvas:
    c = street(light)
    c.line([(160, 860), (520, 740), (900, 700)], "#6b4f35", 26)
    c.line([(420, 770), (560, 640), (700, 610)], "#6b4f35", 26)
    c.line([(600, 730), (760, 810), (880, 820)], "#6b4f35", 26)
    for x, y, size in ((900, 690, 190), (720, 600, 170), (880, 820, 150), (540, 650, 120), (1010, 760, 130)):
        c.blob(x, y, size, size * 0.7, "#5f8a4a", BUMPS)
    return c


def wildlife(light: Light) -> Canvas:
    c = street(light)
    c.oval(640, 790, 420, 60, "#3f444b")
    c.blob(640, 740, 330, 130, "#8a8178", BUMPS)
    c.oval(470, 750, 120, 92, "#7b736b")
    c.poly([(430, 720), (448, 674), (480, 712)], "#7b736b")
    for i in range(4):
        c.oval(800 + i * 36, 750 + i * 8, 48, 44, "#4d4742" if i % 2 else "#9a9188")
    return c


def graffiti(light: Light) -> Canvas:
    c = wall(light, "#a9604a" if light is DAY else "#7d7f86", "#8d4d3b" if light is DAY else "#686a70")
    c.line([(240, 520), (300, 270), (380, 520), (440, 280), (500, 520)], "#29b6a8", 46)
    c.ring(640, 410, 230, 46, "#f2c230")
    c.line([(830, 290), (790, 420), (930, 400), (880, 540)], "#e6397f", 46)
    c.line([(960, 300), (1060, 300), (1000, 520)], "#7b4fd0", 40)
    c.line([(230, 610), (560, 580), (1070, 610)], "#f5f5f5", 16)
    for x, long in ((300, 90), (640, 120), (880, 80)):
        c.line([(x, 560), (x, 560 + long)], "#29b6a8" if x < 500 else "#f2c230", 8)
    return c


def _cone(c: Canvas, x: float, y: float, size: float) -> None:
    c.rect(x - 56 * size, y - 14 * size, 112 * size, 22 * size, "#c9441f", 6)
    c.poly([(x - 38 * size, y - 14 * size), (x + 38 * size, y - 14 * size), (x + 10 * size, y - 130 * size),
            (x - 10 * size, y - 130 * size)], "#ef6a35")  # fmt: skip
    c.poly([(x - 28 * size, y - 50 * size), (x + 28 * size, y - 50 * size), (x + 20 * size, y - 84 * size),
            (x - 20 * size, y - 84 * size)], "#f7f3ea")  # fmt: skip


def question(light: Light) -> Canvas:
    c = street(light)
    c.oval(640, 470, 420, 420, "#f7f3ea")
    c.text(640, 470, "?", 330, "#3a4a63")
    return c


def radiator(light: Light) -> Canvas:
    c = room("#b9cbd8", "#8c6f55")
    c.rect(430, 110, 420, 260, "#dcebf2", 6)
    c.line([(640, 110), (640, 370)], "#f5f5f5", 14)
    for i in range(9):
        c.rect(330 + i * 70, 440, 54, 300, "#eceae4", 24)
    c.rect(310, 470, 660, 26, "#d4d1c8", 10)
    c.rect(310, 680, 660, 26, "#d4d1c8", 10)
    c.oval(1010, 560, 150, 150, "#f7f7f7")
    c.text(1010, 560, "52°", 56, "#2b5c8a")
    return c


def mould(light: Light) -> Canvas:
    c = room("#d8d2c2", "#9aa7a8")
    for i in range(9):
        c.line([(i * 150, 300), (i * 150, 690)], "#c6bfae", 4)
    for i in range(3):
        c.line([(0, 400 + i * 120), (1280, 400 + i * 120)], "#c6bfae", 4)
    for x, y, size in ((980, 90, 420), (1160, 220, 330), (760, 60, 260), (1050, 330, 190), (1210, 430, 150)):
        c.blob(x, y, size, size * 0.7, "#8f8f7d", BUMPS)
    for x, y, size in ((1010, 100, 240), (1180, 230, 180), (780, 70, 110), (1060, 330, 90), (900, 190, 60)):
        c.blob(x, y, size, size * 0.7, "#4a4d43", BUMPS)
    return c


PICTURES: dict[str, Callable[[Light], Canvas]] = {
    "pothole": pothole, "cavein": cavein, "sidewalk": sidewalk, "cones": cones, "signal": signal, "sign": sign,
    "light": light_out, "carts": carts, "bin": bin_, "bulky": bulky, "dumping": dumping, "branch": branch,
    "wildlife": wildlife, "graffiti": graffiti, "question": question, "radiator": radiator, "mould": mould,
}  # fmt: skip
