"""Draws the mark into static/icons: three blocks and, as the fourth, a pin that points at their crossing."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "static" / "icons"
YELLOW, INK, CLEAR = "#ffcb1f", "#15181d", (0, 0, 0, 0)
SCALE = 4
# On a field of 100: where the mark begins and ends, the street between the blocks, and their corners.
WHOLE, SAFE = (17, 83), (26, 74)
STREET, CORNER = 7, 6


def draw(size: int, span: tuple[int, int], ground: str | tuple[int, ...], ink: str, *, rounded: bool) -> Image.Image:
    """A square picture of `size` pixels with the mark within `span` percent of it."""
    side = size * SCALE
    unit = side / 100
    image = Image.new("RGBA", (side, side), CLEAR)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), 22 * unit if rounded else 0, fill=ground)
    first, last = span
    block = (last - first - STREET) / 2
    for column in range(2):
        for row in range(2):
            left, top = first + column * (block + STREET), first + row * (block + STREET)
            box = tuple(v * unit for v in (left, top, left + block, top + block))
            if (column, row) == (1, 0):
                pen.ellipse(box, fill=ink)
                pen.rectangle(tuple(v * unit for v in (left, top + block / 2, left + block / 2, top + block)), fill=ink)
                near, far = block * 0.34, block * 0.66
                hole = tuple(v * unit for v in (left + near, top + near, left + far, top + far))
                pen.ellipse(hole, fill=ground)
            else:
                pen.rounded_rectangle(box, CORNER * unit, fill=ink)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def svg() -> str:
    """The same mark as a drawing that any size can use."""
    first, last = WHOLE
    block = (last - first - STREET) / 2
    second = first + block + STREET
    half = block / 2
    blocks = "".join(
        f'<rect x="{x}" y="{y}" width="{block}" height="{block}" rx="{CORNER}"/>'
        for x, y in ((first, first), (first, second), (second, second))
    )
    pin = (
        f'<path d="M{second} {last - second + first}V{first + half}a{half} {half} 0 0 1 {block} 0'
        f'a{half} {half} 0 0 1-{half} {half}z"/>'
    )
    hole = f'<circle cx="{second + half}" cy="{first + half}" r="{block * 0.16}" fill="{YELLOW}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" rx="22" fill="{YELLOW}"/>'
        f'<g fill="{INK}">{blocks}{pin}</g>{hole}</svg>\n'
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for size in (192, 512):
        draw(size, WHOLE, YELLOW, INK, rounded=True).save(FOLDER / f"icon-{size}.png", optimize=True)
    draw(512, SAFE, YELLOW, INK, rounded=False).save(FOLDER / "maskable-512.png", optimize=True)
    draw(512, WHOLE, CLEAR, INK, rounded=False).save(FOLDER / "monochrome-512.png", optimize=True)
    draw(96, WHOLE, YELLOW, INK, rounded=True).save(FOLDER / "shortcut-96.png", optimize=True)
    (FOLDER / "icon.svg").write_text(svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
