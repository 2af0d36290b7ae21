"""The backgrounds of the drawn photos: a street, a wall, a lawn, a dark street, a room."""

from dataclasses import dataclass

from app.demo.canvas import HEIGHT, WIDTH, Canvas


@dataclass(frozen=True)
class Light:
    """The colours of an hour of the day."""

    sky: tuple[str, str, str]
    far: str
    houses: tuple[str, str, str, str]
    window: str
    road: str
    mark: str
    walk: str
    grass: str


DAY = Light(("#9cc9e8", "#b7d9ee", "#d6e9f2"), "#8fb3a4", ("#c9826b", "#d9b38c", "#8fa3b5", "#b9a7c4"), "#eef4f7",
            "#5d646d", "#e8dfc0", "#c3c1b9", "#86ad6b")  # fmt: skip
EVENING = Light(("#e9a77c", "#f2c093", "#f7d8ae"), "#93816f", ("#8f5a52", "#a87c5f", "#5f6d80", "#786a86"), "#ffe6a8",
                "#4b4f5a", "#d8c9a0", "#a39c94", "#6f8a56")  # fmt: skip
NIGHT = Light(("#18243b", "#1f2d47", "#273754"), "#1d2a3c", ("#2b3448", "#313b50", "#262f42", "#363f55"), "#f0cf7a",
              "#232935", "#6d6a5c", "#3a404c", "#25382f")  # fmt: skip


def sky(c: Canvas, light: Light, horizon: float) -> None:
    for i, colour in enumerate(light.sky):
        c.rect(0, horizon * i / 3, WIDTH, horizon / 3 + 2, colour)


def street(light: Light, horizon: float = 380, houses: bool = True) -> Canvas:
    """A street that runs away from the viewer, with houses on either side."""
    c = Canvas(light.road)
    sky(c, light, horizon)
    if houses:
        _row_of_houses(c, light, horizon)
    else:
        c.blob(300, horizon, 900, 220, light.far, (1, 0.9, 1.05, 0.85, 1))
        c.blob(980, horizon + 10, 900, 180, light.far, (1, 0.8, 1.1, 0.9))
    c.rect(0, horizon, WIDTH, HEIGHT, light.grass)
    c.poly([(560, horizon), (720, horizon), (1500, HEIGHT), (-220, HEIGHT)], light.walk)
    c.poly([(584, horizon), (696, horizon), (1290, HEIGHT), (-10, HEIGHT)], light.road)
    for near, far in ((0.0, 0.1), (0.18, 0.34), (0.46, 0.7), (0.86, 1.0)):
        top, bottom = horizon + (HEIGHT - horizon) * near, horizon + (HEIGHT - horizon) * far
        c.poly([(640 - 3 - 12 * near, top), (640 + 3 + 12 * near, top), (640 + 3 + 12 * far, bottom),
                (640 - 3 - 12 * far, bottom)], light.mark)  # fmt: skip
    return c


def _row_of_houses(c: Canvas, light: Light, horizon: float) -> None:
    for i in range(8):
        left = i * 165 - 20
        high = 120 + 46 * ((i * 5) % 4) - (70 if i in (3, 4) else 0)
        c.rect(left, horizon - high, 152, high + 4, light.houses[i % 4])
        if i % 2:
            roof = horizon - high
            c.poly([(left - 8, roof), (left + 76, roof - 52), (left + 160, roof)], light.far)
        for row in range(int(high / 62)):
            for column in range(3):
                if (i + row * 2 + column) % 5:
                    c.rect(left + 20 + column * 44, horizon - high + 22 + row * 58, 26, 34, light.window, 3)


def kerb(light: Light) -> Canvas:
    """A sidewalk along the front of a building, seen from across the street."""
    c = Canvas(light.road)
    sky(c, light, 200)
    c.rect(0, 80, WIDTH, 520, light.houses[1])
    for i in range(5):
        c.rect(60 + i * 250, 160, 130, 200, light.window, 6)
        c.rect(52 + i * 250, 360, 146, 14, light.walk)
    c.rect(0, 585, WIDTH, 26, light.far)
    c.rect(0, 610, WIDTH, 160, light.walk)
    for i in range(6):
        c.line([(i * 240 + 40, 612), (i * 240 - 20, 768)], light.road, 3)
    c.rect(0, 768, WIDTH, 26, "#8f8d86")
    return c


def wall(light: Light, brick: str, mortar: str) -> Canvas:
    """A brick wall and the ground before it."""
    c = Canvas(mortar)
    for row in range(14):
        for column in range(-1, 9):
            c.rect(column * 160 + (row % 2) * 80 + 4, row * 56 + 4, 152, 48, brick, 4)
    c.rect(0, 770, WIDTH, HEIGHT, light.walk)
    c.rect(0, 770, WIDTH, 14, light.far)
    return c


def lawn(light: Light) -> Canvas:
    """A park: grass, a path, trees behind."""
    c = Canvas(light.grass)
    sky(c, light, 420)
    for i, (x, size) in enumerate(((90, 300), (330, 240), (620, 330), (900, 250), (1180, 320))):
        c.rect(x - 14, 300, 28, 150, "#6b5238")
        c.blob(x, 260, size, size * 0.86, light.far if i % 2 else "#6f9a63", (1, 0.9, 1.06, 0.88, 1.02))
    c.rect(0, 420, WIDTH, HEIGHT, light.grass)
    c.poly([(0, 640), (WIDTH, 560), (WIDTH, 690), (0, 830)], "#d9cba6")
    return c


def room(colour: str, floor: str) -> Canvas:
    c = Canvas(colour)
    c.rect(0, 700, WIDTH, 300, floor)
    c.rect(0, 684, WIDTH, 22, "#f3efe6")
    return c
