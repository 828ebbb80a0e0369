"""Image files of every kind that is met, made by hand where no library writes them."""

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image

SIDE = 24
"""Pixels of a side of each image."""


def photograph():
    """A smooth color image without symmetry."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    planes = [columns * 255 / SIDE, rows * 255 / SIDE, 127 + 120 * np.sin(columns / 9 + rows / 5)]
    return Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8))


COLOR = photograph()
GRAY = COLOR.convert("L")
RGB, L = np.asarray(COLOR), np.asarray(GRAY)
DEEP_RGB, DEEP = RGB.astype(np.uint16) * 257, L.astype(np.uint16) * 257
TWELVE_RGB, TWELVE = RGB.astype(np.uint16) * 16, L.astype(np.uint16) * 16

QUARTER = Image.Exif()
QUARTER[0x0112] = 6  # to be turned clockwise by a quarter
TIFF_BLOCK = QUARTER.tobytes().removeprefix(b"Exif\0\0")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'

PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, and the distances of rows and columns, of each pass of an interlaced PNG."""


def saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def animated(image, kind, **options):
    more = [image.rotate(90), image.rotate(180)]
    return saved(image, kind, save_all=True, append_images=more, **options)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(array, color, depth=8, before=b"", after=b"", interlaced=False):
    """A PNG of 8 or 16 bits, with further chunks before its pixels and after them."""
    height, width = array.shape[:2]
    steps = PASSES if interlaced else ((0, 0, 1, 1),)
    kind = np.uint8 if depth == 8 else np.dtype(">u2")
    rows = (row for top, left, down, right in steps for row in array[top::down, left::right] if row.size)
    content = zlib.compress(b"".join(b"\0" + row.astype(kind).tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), before, chunk(b"IDAT", content), after, chunk(b"IEND", b"")]
    )


def clear(*levels):
    """A chunk that makes one color transparent."""
    return chunk(b"tRNS", struct.pack(f">{len(levels)}H", *map(int, levels)))


def tiff(array, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


GAMMA = chunk(b"gAMA", struct.pack(">I", 100_000))

EQUAL = {
    "rgb.png": saved(COLOR, "PNG"),
    "gray.png": saved(GRAY, "PNG"),
    "1 bit.png": saved(GRAY.convert("1"), "PNG"),
    "palette.png": saved(COLOR.quantize(17), "PNG"),
    "palette of 2 bits, one clear.png": saved(COLOR.quantize(4), "PNG", bits=2, transparency=1),
    "gray and alpha.png": saved(Image.merge("LA", [GRAY, GRAY]), "PNG"),
    "rgba.png": saved(Image.merge("RGBA", [*COLOR.split(), GRAY]), "PNG"),
    "gray, one clear.png": png(L, 0, before=clear(L[3, 3])),
    "rgb, one clear.png": png(RGB, 2, before=clear(*RGB[3, 3])),
    "gray with gamma.png": png(L, 0, before=GAMMA),
    "rgb with gamma.png": png(RGB, 2, before=GAMMA),
    "rgba with gamma.png": png(np.dstack([RGB, L]), 6, before=GAMMA),
    "interlaced.png": png(RGB, 2, interlaced=True),
    "animated.png": animated(COLOR, "PNG"),
    "turned by Exif.png": png(RGB, 2, before=chunk(b"eXIf", TIFF_BLOCK)),
    "turned by Exif at the end.png": png(RGB, 2, after=chunk(b"eXIf", TIFF_BLOCK)),
    "turned by XMP.png": png(RGB, 2, before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
    "16 bits.png": png(DEEP, 0, 16),
    "16 bits, one clear.png": png(DEEP + np.arange(SIDE, dtype=np.uint16) % 3, 0, 16, clear(DEEP[3, 3])),
    "16 bits, interlaced.png": png(DEEP, 0, 16, interlaced=True),
    "16 bits and alpha.png": png(np.dstack([DEEP, DEEP]), 4, 16),
    "16 bits in color.png": png(DEEP_RGB, 2, 16),
    "16 bits in color and alpha.png": png(np.dstack([DEEP_RGB, DEEP]), 6, 16),
    "rgb.jpg": saved(COLOR, "JPEG"),
    "gray.jpg": saved(GRAY, "JPEG"),
    "progressive.jpg": saved(COLOR, "JPEG", progressive=True),
    "cmyk.jpg": saved(COLOR.convert("CMYK"), "JPEG", quality=95),
    "with a preview.jpg": animated(COLOR, "MPO"),
    "turned by Exif.jpg": saved(COLOR, "JPEG", quality=95, exif=QUARTER),
    "turned by XMP.jpg": saved(COLOR, "JPEG", quality=95, xmp=XMP),
}
"""Files that a served graph reads as training does, within rounding."""

REFUSED = {
    "rgb.bmp": saved(COLOR, "BMP"),
    "gray.bmp": saved(GRAY, "BMP"),
    "palette.bmp": saved(COLOR.quantize(17), "BMP"),
    "gray.gif": saved(GRAY, "GIF"),
    "animated.gif": animated(COLOR, "GIF"),
    "rgb.webp": saved(COLOR, "WEBP", lossless=True),
    "animated.webp": animated(COLOR, "WEBP", lossless=True),
    "rgb.tga": saved(COLOR, "TGA"),
    "rgb.ppm": saved(COLOR, "PPM"),
    "rgb.tif": saved(COLOR, "TIFF"),
    "1 bit.tif": saved(GRAY.convert("1"), "TIFF"),
    "palette.tif": saved(COLOR.quantize(17), "TIFF"),
    "cmyk.tif": saved(COLOR.convert("CMYK"), "TIFF"),
    "white is 0.tif": tiff(255 - L, photometric="miniswhite"),
    "turned.tif": tiff(L, extratags=[(274, 3, 1, 6, True)]),
    "16 bits.tif": saved(Image.fromarray(DEEP), "TIFF"),
    "16 bits in color.tif": tiff(DEEP_RGB, photometric="rgb"),
    "32 bits.tif": saved(Image.fromarray(DEEP.astype(np.int32)), "TIFF"),
    "floats.tif": saved(Image.fromarray(L / np.float32(255)), "TIFF"),
}
"""Files that training reads, and a served graph refuses, as it reads PNG and JPEG alone."""

TWELVE_BITS_EQUAL = {
    "12 in 16 bits.png": png(TWELVE, 0, 16),
    "12 in 16 bits in color.png": png(TWELVE_RGB, 2, 16),
    "12 in 16 bits, one clear.png": png(TWELVE, 0, 16, clear(TWELVE[3, 3])),
}
TWELVE_BITS_REFUSED = {
    "12 in 16 bits.tif": saved(Image.fromarray(TWELVE), "TIFF"),
    "compressed.tif": saved(Image.fromarray(TWELVE), "TIFF", compression="tiff_lzw"),
    "the highest byte first.tif": tiff(TWELVE, byteorder=">"),
    "white is 0.tif": tiff(4095 - TWELVE, photometric="miniswhite"),
    "signed.tif": tiff(TWELVE.astype(np.int16)),
    "32 bits.tif": tiff(TWELVE.astype(np.uint32)),
    "in color.tif": tiff(TWELVE_RGB, photometric="rgb"),
    "in color, compressed.tif": tiff(TWELVE_RGB, photometric="rgb", compression="zlib"),
    "in planes.tif": tiff(np.moveaxis(TWELVE_RGB, -1, 0), photometric="rgb", planarconfig="separate"),
}
"""The same of files with 12 bits in 16, where 4095 is white."""

TURNED = ("turned by", "turned.tif")
"""Beginnings of the names of files that are to be turned."""
