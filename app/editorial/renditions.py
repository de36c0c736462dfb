"""From a file that somebody sent to pictures of our own making: turned upright, in sRGB, without the camera's data, in two sizes.

Neither name nor declared type is believed; what decodes is a picture. The number of pixels is read before anything is decoded.
"""

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from app.errors import Invalid, TooLarge, _

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
FULL_EDGE, FULL_BYTES = 2560, 4 * 1024 * 1024
CARD_EDGE, CARD_BYTES = 640, 40 * 1024
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SRGB = ImageCms.createProfile("sRGB")
# Made small before anything else, because every later step copies all pixels; the other kinds have to be converted first.
SMOOTH = ("RGB", "RGBA", "L", "LA", "CMYK")
# Forty megapixels take some hundred megabytes while they are converted: a process does one at a time.
_one_at_a_time = threading.Lock()

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Rendition:
    """One finished size."""

    name: str
    mime: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """Both sizes; `was_animated` says that only the first frame is left."""

    full: Rendition
    card: Rendition
    was_animated: bool


def make(data: bytes) -> Made:
    """Both renditions of a picture. Raises TooLarge for too many bytes or pixels, Invalid for what is no (whole) picture."""
    if len(data) > MAX_BYTES:
        raise TooLarge(_("This file is larger than 20 MB. Choose a smaller picture; everything else is still here."), field="picture")
    if not data:
        raise Invalid(_("No picture was chosen. Choose one first."), field="picture")
    image = _open(data)
    animated = bool(getattr(image, "is_animated", False))
    with _one_at_a_time:
        upright = _decode(image)
    return Made(_full(upright), _card(upright), animated)


def _open(data: bytes) -> Image.Image:
    """Read the header only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise _no_picture() from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    return image


def _decode(image: Image.Image) -> Image.Image:
    """The pixels of the first frame, upright and in sRGB, no larger than we keep, without any metadata."""
    try:
        if image.format == "JPEG":
            image.draft("RGB", (FULL_EDGE, FULL_EDGE))
        image.load()
        if image.mode in SMOOTH:
            image.thumbnail((FULL_EDGE, FULL_EDGE), Image.Resampling.LANCZOS)
        whole = _in_srgb(ImageOps.exif_transpose(image))
    except Exception as error:  # a decoder fed with hostile bytes raises almost anything
        raise Invalid(
            _("This picture is damaged or was not sent completely. Try it again, or save it anew with a picture program."),
            field="picture",
        ) from error
    whole.thumbnail((FULL_EDGE, FULL_EDGE), Image.Resampling.LANCZOS)
    return whole


def _in_srgb(image: Image.Image) -> Image.Image:
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(image, source, SRGB, outputMode=mode)
            image = changed or image
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: its colours are taken as they are
    plain = image.convert(mode)
    if mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _full(image: Image.Image) -> Rendition:
    """What is published: JPEG, or PNG where it can be seen through; at most FULL_BYTES."""
    kind, mime = ("PNG", "image/png") if image.mode == "RGBA" else ("JPEG", "image/jpeg")
    quality = 90
    data = _encode(image, kind, quality)
    while len(data) > FULL_BYTES:
        quality -= 10
        if kind == "PNG" or quality < 60:
            image, quality = image.resize((image.width * 3 // 4 or 1, image.height * 3 // 4 or 1), Image.Resampling.LANCZOS), 90
        data = _encode(image, kind, quality)
    return Rendition("full", mime, image.width, image.height, data)


def _card(image: Image.Image) -> Rendition:
    """What pages show: WebP of at most CARD_EDGE pixels, if possible within CARD_BYTES."""
    small = image.copy()
    small.thumbnail((CARD_EDGE, CARD_EDGE), Image.Resampling.LANCZOS)
    data = b""
    for quality in (82, 70, 58, 44, 30):
        data = _encode(small, "WEBP", quality)
        if len(data) <= CARD_BYTES:
            break
    return Rendition("card", "image/webp", small.width, small.height, data)


def _encode(image: Image.Image, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    options: dict[str, dict[str, int | bool]] = {
        "PNG": {"optimize": True},
        "JPEG": {"quality": quality, "optimize": True, "progressive": True},
        "WEBP": {"quality": quality},
    }
    image.save(out, kind, **options[kind])
    return out.getvalue()


def _too_many_pixels() -> TooLarge:
    return TooLarge(
        _("This picture has more than 40 million pixels. Make it smaller with a picture program, then choose it again."),
        field="picture",
    )


def _no_picture() -> Invalid:
    return Invalid(_("This file is not a picture that we can read. Choose a JPEG, PNG, WebP or GIF file."), field="picture")
