"""Pictures: only what decodes, nothing of the camera, two sizes, and only for those who may see them."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms
from sqlalchemy import func, select

from app.editorial import pictures, renditions
from app.editorial.media_models import LinkPreview, Media, MediaFile
from app.errors import Invalid, Missing, TooLarge
from tests import rows
from tests.editorial import builders


def opened(data: bytes) -> Image.Image:
    """A finished rendition, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def with_camera_data() -> bytes:
    """A photograph on its side, with place, camera and profile."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera Company"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return builders.picture(40, 20, exif=exif.tobytes(), icc_profile=profile, comment=b"secret")


def bomb(width: int, height: int) -> bytes:
    """A small PNG whose header promises that many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_rotation_is_baked_in_and_the_cameras_data_is_gone() -> None:
    made = renditions.make(with_camera_data())
    image = opened(made.full.data)
    assert (made.full.mime, image.size, made.full.width, made.full.height) == ("image/jpeg", (20, 40), 20, 40)
    assert dict(image.getexif()) == {}
    assert {"exif", "icc_profile", "comment", "xmp"} & set(image.info) == set()
    assert b"secret" not in made.full.data
    assert b"Camera" not in made.full.data + made.card.data


def test_what_can_be_seen_through_stays_so() -> None:
    made = renditions.make(builders.picture(10, 10, "PNG", "RGBA"))
    assert made.full.mime == "image/jpeg"  # teal is opaque
    image = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    made = renditions.make(out.getvalue())
    assert (made.full.mime, opened(made.full.data).mode, opened(made.card.data).mode) == ("image/png", "RGBA", "RGBA")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_all_four_formats_are_read(kind: str) -> None:
    assert renditions.make(builders.picture(30, 20, kind)).full.width == 30


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "LA"])
def test_every_kind_of_colour_becomes_rgb(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (12, 12)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(renditions.make(out.getvalue()).full.data).mode in {"RGB", "RGBA"}


def test_large_ones_are_made_smaller() -> None:
    noise = Image.effect_noise((3000, 2000), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG")
    made = renditions.make(out.getvalue())
    assert max(made.full.width, made.full.height) <= renditions.FULL_EDGE
    assert len(made.full.data) <= renditions.FULL_BYTES
    assert (made.card.mime, made.card.width) == ("image/webp", 640)


def test_a_moving_picture_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made = renditions.make(out.getvalue())
    red, _green, blue = opened(made.full.data).getpixel((5, 5))  # type: ignore[misc]
    assert (made.was_animated, red > 200, blue < 50) == (True, True, True)


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", Invalid, "No picture was chosen"),
        (b"%PDF-1.7 not a picture", Invalid, "not a picture that we can read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", Invalid, "not a picture that we can read"),
        (b"\xff\xd8\xff\xe0", Invalid, "not a picture that we can read"),
        (builders.picture(200, 200)[:-400], Invalid, "damaged"),
        (builders.picture(200, 200, "PNG")[:200], Invalid, "damaged"),
        (bomb(7000, 7000), TooLarge, "40 million pixels"),
        (bomb(60_000, 60_000), TooLarge, "40 million pixels"),
        (bomb(600, 600), Invalid, "damaged"),
        (b"\0" * (20 * 1024 * 1024 + 1), TooLarge, "20 MB"),
    ],
)
def test_what_is_no_picture_is_told(app: Any, data: bytes, kind: type[Exception], words: str) -> None:
    with app.test_request_context(), pytest.raises(kind) as refused:
        renditions.make(data)
    with app.test_request_context():
        assert words in str(refused.value.message)  # type: ignore[attr-defined]
        assert refused.value.field == "picture"  # type: ignore[attr-defined]


def test_the_same_picture_is_kept_once_for_each_owner(db: Any) -> None:
    edda, emma = rows.edda(), rows.person("Emma", "expert")
    first, _made = pictures.take(edda.id, builders.picture())
    again, _made = pictures.take(edda.id, builders.picture(kind="JPEG", comment=b"another file"))
    other, _made = pictures.take(emma.id, builders.picture())
    assert (first.id == again.id, first.id == other.id, first.sha256 == other.sha256) == (True, False, True)
    assert db.scalar(select(func.count()).select_from(Media)) == 2
    assert db.scalar(select(func.count()).select_from(MediaFile)) == 4


def test_a_picture_opens_with_its_post(db: Any) -> None:
    edda, ravi, emil = rows.edda(), rows.ravi(), rows.emil()
    media, _made = pictures.take(edda.id, builders.picture())
    alone, _made = pictures.take(edda.id, builders.picture(50, 50))
    post = rows.post(edda, ravi, pictures=[{"media_id": str(media.id), "alt": {"en": "", "de": ""}}])
    assert pictures.file_for(emil, media.id, "card").mime == "image/webp"
    assert pictures.file_for(ravi, alone.id, "full").media_id == alone.id
    assert pictures.file_for(edda, alone.id, "full").media_id == alone.id
    for media_id, rendition in ((alone.id, "full"), (media.id, "original"), (post.id, "full")):
        with pytest.raises(Missing):
            pictures.file_for(emil, media_id, rendition)
    post.state = "withdrawn"
    db.flush()
    with pytest.raises(Missing):
        pictures.file_for(emil, media.id, "card")


def test_a_previews_picture_is_open_to_all_who_are_signed_in(db: Any) -> None:
    edda, emil = rows.edda(), rows.emil()
    media, _made = pictures.take(edda.id, builders.picture())
    db.add(LinkPreview(url="https://example.com", state="ready", media_id=media.id))
    db.flush()
    assert pictures.file_for(emil, media.id, "full").media_id == media.id
