"""Files that are not what they say: refused, or written anew so that nothing but pixels is kept."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from bench.security.report import Check
from config.tests.access.world import picture

MARK = b"<script>alert('canary-in-a-picture')</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + MARK + b"</svg>"
NAMES = (
    "../../../evil.png", "..\\..\\evil.png", "/etc/cron.d/evil", "evil.php", "evil.png.php", "evil.html", ".htaccess", "a" * 400 + ".png",
    "evil.svg", "con.png", "", "é\u202egnp.exe", "%2e%2e%2fevil.png", "evil.png;.html", "evil\x7f.png",
)  # fmt: skip
TYPES = (
    "text/html",
    "image/svg+xml",
    "application/x-php",
    "",
    "image/png; charset=x",
    "multipart/form-data",
    "*/*",
)


def attack(scene: Any) -> Iterator[Check]:
    routes = {
        f"products/{scene.world.names['product']}/images": ("image", scene.caller("seller")),
        "sellers/me/logo": ("logo", scene.caller("seller")),
        f"reviews/{scene.world.names['review']}/photos": ("image", scene.caller("customer")),
    }
    refused = Check("uploads that are no picture, or too much of one: refused")
    for path, (member, wire) in routes.items():
        for name, content in bad().items():
            answer = wire.upload(path, member, "photo.png", content, "image/png")
            is_refused = answer.status in {400, 413} and answer.is_problem
            refused.tried(is_refused, f"{name} at {path}: {answer.status} {answer.raw[:100]!r}")
    yield refused
    renamed = Check("odd file names, types and polyglots: written anew, under a name of our own")
    for path, (member, wire) in routes.items():
        for name, kind, content in odd():
            answer = wire.upload(path, member, name, content, kind)
            renamed.tried(answer.is_right, f"{name[:40]!r} as {kind!r} at {path}: {answer.status}")
            renamed.tried(
                "evil" not in answer.raw.decode(errors="replace"), f"its name is told: {answer.raw[:200]!r}"
            )
            remove(wire, path, answer)
    yield renamed
    yield kept(scene)


def remove(wire: Any, path: str, answer: Any) -> None:
    """A product has but so many pictures."""
    if answer.status == 201 and isinstance(answer.body, dict) and "id" in answer.body:
        wire.api("DELETE", f"{path}/{answer.body['id']}")


def kept(scene: Any) -> Check:
    """Also what was deleted above was on the disk; the last of each route still is."""
    check = Check("what is on the disk: WebP alone, with no byte of a script, nothing outside its folder")
    media = Path(scene.folder, "media")
    scene.caller("seller").upload("sellers/me/logo", "logo", "evil.html", picture() + MARK, "text/html")
    for file in (path for path in media.rglob("*") if path.is_file()):
        raw = file.read_bytes()
        is_webp = raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" and file.suffix == ".webp"
        check.tried(is_webp and b"script" not in raw, f"{file.relative_to(media)}: {raw[:20]!r}")
    check.tried(check.attempts > 0, "nothing was kept")
    strays = [path for path in scene.folder.rglob("*evil*") if path.is_file()]
    check.tried(not strays, strays)
    return check


def bad() -> dict[str, bytes]:
    whole = picture()
    other = {kind: drawn(kind) for kind in ("BMP", "TIFF", "ICO", "PCX", "PPM", "TGA", "EPS", "PDF")}
    return other | {
        "SVG with a script": SVG, "HTML": b"<html>" + MARK, "GIF header and a script": b"GIF89a=1/*" + MARK,
        "nothing": b"", "a byte": b"\x89", "cut off": whole[: len(whole) // 2], "PNG signature alone": whole[:8], "ZIP": b"PK\x03\x04" + b"0" * 40,
        "bomb of 900 million pixels": bomb(30_000, 30_000), "bomb of a row": bomb(2**31 - 1, 1), "no size": bomb(0, 0),
        "11 MB": whole + b"0" * (11 * 1024 * 1024), "XML entities": b"<!DOCTYPE x [<!ENTITY a 'b'>]><svg>&a;</svg>",
        "broken checksum": whole[:20] + b"\xff\xff\xff\xff" + whole[24:], "MPO of text": b"\xff\xd8\xff\xe0" + b"a" * 200,
        "PostScript": b"%!PS\n(/etc/passwd) (r) file", "ImageMagick": b"push graphic-context\nfill 'url(https://127.0.0.1)'",
    }  # fmt: skip


def drawn(kind: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, kind)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says to be large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 4_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def odd() -> Iterator[tuple[str, str, bytes]]:
    polyglots = (picture() + MARK, drawn("GIF") + b";" + MARK, drawn("JPEG") + MARK, commented())
    yield from ((name, "image/png", picture() + MARK) for name in NAMES)
    yield from (("photo.png", kind, picture() + MARK) for kind in TYPES)
    yield from (("evil.html", "text/html", content) for content in polyglots)


def commented() -> bytes:
    """A JPEG whose EXIF and comment are scripts."""
    buffer, exif = BytesIO(), Image.Exif()
    exif[0x010E] = MARK.decode()
    Image.new("RGB", (8, 8), "red").save(buffer, "JPEG", exif=exif, comment=MARK)
    return buffer.getvalue()
