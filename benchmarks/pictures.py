"""
All pictures of the pages, in both languages: ``make pictures``, left under ``api/pictures/``.

They are what Debian's Chromium shows of a real service. Each is brought to 256 colours, which for
pages of plain areas is a third of the bytes and nothing to be seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from benchmarks.browser import chromium
from benchmarks.console_pictures import draw_console
from benchmarks.phone_pictures import draw_phones

PICTURES = Path(__file__).parents[1] / "api" / "pictures"

LANGUAGES = ("en", "zh-CN")

COLOURS = 256


def draw(folder: Path, languages: list[str]) -> None:
    """Leaves the pictures of some languages in a folder, in place of those there."""
    folder.mkdir(exist_ok=True)
    for language in languages:
        # Each has a browser of its own: what one did is not in the other's pictures.
        with chromium() as browser:
            draw_phones(browser, folder, language)
            draw_console(browser, folder, language)
        for picture in folder.glob(f"*-{language}.png"):
            shrink(picture)


def shrink(picture: Path) -> None:
    """Brings a picture to as many colours as one byte tells apart."""
    with Image.open(picture) as found:
        small = found.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(picture, optimize=True)


if __name__ == "__main__":
    draw(PICTURES, sys.argv[1:] or list(LANGUAGES))
