"""A drawing board for flat pictures: logical pixels, smooth edges, a few shapes."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

XY = tuple[float, float]
WIDTH, HEIGHT = 1280, 960
FINE = 2  # drawn so many times larger, then shrunk: Pillow's shapes have no soft edges of their own
CAPTION = "Made-up picture · Harbor Point demo"


class Canvas:
    """x to the right, y down, in pixels of the finished picture. Colours as Pillow takes them."""

    def __init__(self, background: str) -> None:
        self.image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), background)
        self._draw = ImageDraw.Draw(self.image)

    def poly(self, points: Sequence[XY], fill: str) -> None:
        self._draw.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)

    def rect(self, x: float, y: float, width: float, height: float, fill: str, round_: float = 0) -> None:
        corners = (x * FINE, y * FINE, (x + width) * FINE, (y + height) * FINE)
        self._draw.rounded_rectangle(corners, round_ * FINE, fill=fill)

    def oval(self, x: float, y: float, across: float, down: float, fill: str) -> None:
        """Around (x, y)."""
        corners = ((x - across / 2) * FINE, (y - down / 2) * FINE, (x + across / 2) * FINE, (y + down / 2) * FINE)
        self._draw.ellipse(corners, fill=fill)

    def ring(self, x: float, y: float, size: float, width: float, colour: str, start: int = 0, end: int = 360) -> None:
        corners = ((x - size / 2) * FINE, (y - size / 2) * FINE, (x + size / 2) * FINE, (y + size / 2) * FINE)
        self._draw.arc(corners, start, end, fill=colour, width=round(width * FINE))

    def line(self, points: Sequence[XY], colour: str, width: float) -> None:
        scaled = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * FINE), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            r = width * FINE / 2
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def blob(self, x: float, y: float, across: float, down: float, fill: str, bumps: Sequence[float]) -> None:
        """A round shape with an uneven edge: `bumps` are radii as shares, taken in turn."""
        n = len(bumps)
        points = []
        for i in range(n * 6):
            turn = math.tau * i / (n * 6)
            a, b = bumps[i // 6], bumps[(i // 6 + 1) % n]
            share = a + (b - a) * (1 - math.cos(math.pi * (i % 6) / 6)) / 2
            points.append((x + across / 2 * share * math.cos(turn), y + down / 2 * share * math.sin(turn)))
        self.poly(points, fill)

    def text(self, x: float, y: float, words: str, size: float, fill: str) -> None:
        """Centred on (x, y)."""
        font = ImageFont.load_default(size * FINE)
        self._draw.text((x * FINE, y * FINE), words, fill=fill, font=font, anchor="mm")

    def finished(self, mirrored: bool) -> Image.Image:
        """The picture in its size, turned left to right if asked, with the words that it is made up."""
        picture = self.image.reduce(FINE)
        if mirrored:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        draw = ImageDraw.Draw(picture, "RGBA")
        font = ImageFont.load_default(30)
        wide = draw.textlength(CAPTION, font=font)
        draw.rounded_rectangle((24, HEIGHT - 74, 24 + wide + 40, HEIGHT - 22), 12, fill=(20, 28, 38, 205))
        draw.text((44, HEIGHT - 48), CAPTION, font=font, fill="white", anchor="lm")
        return picture
