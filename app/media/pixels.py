"""From decoded pixels to the files that are kept: upright, sRGB, on white, without metadata."""

import io

from PIL import Image, ImageCms

SRGB = ImageCms.createProfile("sRGB")
COLOUR_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def finish(image: Image.Image, long_side: int, orientation: int, icc: bytes) -> Image.Image:
    """An upright RGB picture in sRGB of at most `long_side` pixels, never enlarged.

    It is made small first: everything after that costs a fraction.
    """
    image = fit(_resizable(image), long_side)
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return _srgb(_on_white(image), icc)


def fit(image: Image.Image, long_side: int) -> Image.Image:
    """A picture of at most `long_side` pixels; the same one if it is small enough."""
    scale = long_side / max(image.size)
    if scale >= 1:
        return image
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def encode(image: Image.Image, media_type: str, quality: int) -> bytes:
    """The picture alone: Pillow would carry comments and profiles over from `info`."""
    bare = image.copy()
    bare.info.clear()
    out = io.BytesIO()
    bare.save(out, "JPEG" if media_type == "image/jpeg" else "WEBP", quality=quality)
    return out.getvalue()


def _resizable(image: Image.Image) -> Image.Image:
    if "transparency" in image.info or image.mode in ("PA", "LA", "La", "RGBa"):
        return image.convert("RGBA")
    if image.mode.startswith("I"):
        # A plain convert() would cut 16 bits at 255 and leave a white picture.
        return image.point(lambda level: level / 256).convert("L")
    return image if image.mode in ("RGB", "RGBA", "L", "CMYK") else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _srgb(image: Image.Image, icc: bytes) -> Image.Image:
    if icc and b"sRGB IEC61966-2.1" not in icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            if profile.profile.xcolor_space.strip() == COLOUR_SPACES.get(image.mode):
                converted = ImageCms.profileToProfile(image, profile, SRGB, outputMode="RGB")
                return converted or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass  # A profile that cannot be used costs some colour, not the report.
    return image.convert("RGB")
