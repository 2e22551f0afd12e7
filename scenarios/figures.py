"""
Figures as bytes and text: the same figure always gives the same.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from matplotlib import rc_context

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def as_png(figure: Figure) -> bytes:
    """Returns a figure as a picture."""
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def as_svg(figure: Figure, name: str) -> str:
    """Returns a figure as SVG to stand inside a page; ``name`` keeps its ids apart from others."""
    out = io.StringIO()
    # Ids are made from this instead of from chance.
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    return re.sub(r'xlink:href="#', f'xlink:href="#{name}-', svg)
