"""The figures of the roads as tables of text."""

from __future__ import annotations

from typing import Any

Figures = dict[str, Any]
Found = dict[str, Figures | str]

NAMES = {
    "cch": "ours, CCH",
    "dijkstra": "ours, scipy",
    "networkx": "networkx",
    "osrm-ch": "OSRM CH",
    "osrm-mld": "OSRM MLD",
    "valhalla": "Valhalla",
}

AIMS = (
    ("60 x 60 against OSRM CH", "osrm-ch", "table", 1.0),
    ("60 x 60 against OSRM MLD", "osrm-mld", "table", 2.5),
    ("one more of 60 against OSRM CH", "osrm-ch", "add", 10.0),
    ("one more of 60 against OSRM MLD", "osrm-mld", "add", 10.0),
)
"""What is compared, with whom, and how many times faster ours is to be."""

SPEEDS_AIM_MS = 200.0


def build_table(found: Found) -> str:
    """Returns what it costs to get ready: seconds and MB."""
    lines = [
        "Porto: from the .osm.pbf to the first answer, s and MB (memory: the most ever held "
        "in building, or what is held more after)"
    ]
    imported, cch = found["import"], found["cch"]
    assert isinstance(imported, dict)
    lines.append(
        f"{'our import':12} {imported['build'][0]:7.1f} s, memory {imported['peak_mb']:.0f}, "
        f"on disk {imported['disk_mb']:.1f}; buildings and four profiles included"
    )
    for key, name in NAMES.items():
        figures = found[key]
        if isinstance(figures, str):
            lines.append(f"{name:12} skipped: {figures}")
        elif "prepare" in figures:
            lines.append(
                f"{name:12} {figures['prepare']:7.1f} s after the import, "
                f"memory {figures['memory_mb']:.0f} more"
            )
        else:
            steps = ", ".join(f"{step} {s[0]:.1f}" for step, s in figures["build"].items())
            total = sum(s[0] for s in figures["build"].values())
            lines.append(
                f"{name:12} {total:7.1f} s ({steps}), memory {figures['peak_mb']:.0f}, "
                f"on disk {figures['disk_mb']:.1f}"
            )
    if isinstance(cch, dict):
        lines.append(
            f"by car {cch['junctions']} junctions, {cch['arcs']} arcs, {cch['turns']} turns, "
            f"{cch['segments']} segments"
        )
    return "\n".join(lines)


def time_tables(found: Found, sizes: list[int]) -> list[str]:
    """Returns the tables of milliseconds: N x N, one place more, and all speeds changed."""
    head = "".join(f"{n:>10}" for n in sizes)
    tables = []
    for what, title in (
        (
            "table",
            "Tables of N x N, ms; points snapped before for ours, which knows no more of them, "
            "or, once more, their labels; by the peers themselves",
        ),
        ("add", "One place more: a row and a column, ms; a new place each time for ours"),
    ):
        lines = [title, f"{'N':12}{head}"]
        for key, name in NAMES.items():
            figures = found[key]
            if isinstance(figures, dict):
                lines.append(f"{name:12}" + "".join(_cell(figures, what, n) for n in sizes))
            if key == "cch" and what == "table" and isinstance(figures, dict):
                again = "".join(_cell(figures, "again", n) for n in sizes)
                lines.append(f"{'- once more':12}{again}")
        tables.append("\n".join(lines))
    tables[0] += (
        "\nnetworkx: a row measured, times the rows (~); Valhalla: its limit raised; larger "
        "tables not asked of it and of scipy (-)"
    )
    cch = found["cch"]
    if isinstance(cch, dict):
        tables[0] += f"; our snapping of 60 points: {cch['snap'][0] * 1000:.1f} ms"
    return [*tables, _speeds(found)]


def _cell(figures: Figures, what: str, n: int) -> str:
    if "row" in figures:
        rows = n if what == "table" else 2
        return f"{'~' + format(figures['row'][0] * rows * 1000, '.0f'):>10}"
    seconds = figures[what].get(str(n))
    return f"{'-':>10}" if seconds is None else f"{seconds[0] * 1000:10.1f}"


def _speeds(found: Found) -> str:
    lines = ["All speeds changed, ms until the new times are served"]
    cch = found["cch"]
    if isinstance(cch, dict):
        lines.append(
            f"{NAMES['cch']:12}{cch['all_speeds'][0] * 1000:10.0f}  {cch['segments']} segments by "
            f"name, {cch['first_speeds'][0] * 1000:.0f} the first time; a report on one, which "
            f"times and customizes all anew, {cch['one_speed'][0] * 1000:.0f}"
        )
    notes = {
        "osrm-ch": "contracts again",
        "osrm-mld": "reads them as CSV, customizes, is loaded again",
    }
    for key, note in notes.items():
        figures = found[key]
        if isinstance(figures, dict):
            lines.append(f"{NAMES[key]:12}{figures['all_speeds'][0] * 1000:10.0f}  {note}")
    return "\n".join(lines)


def ratios(found: Found) -> str:
    """Returns the aims, each with what was reached."""
    cch = found["cch"]
    if isinstance(cch, str):
        return f"Aims skipped: {cch}"
    lines = ["Aims"]
    for title, peer, what, aim in AIMS:
        figures = found[peer]
        if isinstance(figures, str):
            lines.append(f"{title}: skipped, {figures}")
            continue
        ratio = figures[what]["60"][0] / cch[what]["60"][0]
        wall, least = (figures[what]["60"][i] / cch[what]["60"][i] for i in (1, 2))
        lines.append(
            f"{title}: {ratio:.1f} x as fast (wall {wall:.1f} x, the fastest runs {least:.1f} x), "
            f"aim {aim:g} x: {'reached' if ratio >= aim else 'MISSED'}"
        )
    for title, key in (("by name", "all_speeds"), ("times and customization", "one_speed")):
        ms = cch[key][0] * 1000
        verdict = "reached" if ms < SPEEDS_AIM_MS else "MISSED"
        lines.append(f"all speeds, {title}: {ms:.0f} ms, aim {SPEEDS_AIM_MS:.0f} ms: {verdict}")
    return "\n".join(lines)


def growth_table(found: Found) -> str:
    """Returns how made-up cities of growing size do."""
    lines = [
        "Growth, by car, CCH; tiled: central Shanghai copied, joined by 12 roads a side, kinder "
        "than a real city; grid: made up, nothing separates its parts, harder than one",
        f"{'map':12}{'junctions':>10}{'import s':>10}{'memory MB':>11}{'ready s':>9}"
        f"{'memory MB':>11}{'100 x 100 ms':>14}{'one more ms':>13}{'speeds ms':>11}",
    ]
    for name, figures in found.items():
        if isinstance(figures, str):
            lines.append(f"{name:12} skipped: {figures}")
            continue
        imported, engine = figures["import"], figures["engine"]
        lines.append(
            f"{name:12}{engine['junctions']:10}{imported['build'][0]:10.1f}{imported['peak_mb']:11.0f}"
            f"{engine['prepare']:9.1f}{engine['memory_mb']:11.0f}"
            f"{engine['table']['100'][0] * 1000:14.1f}{engine['add']['100'][0] * 1000:13.2f}"
            f"{engine['one_speed'][0] * 1000:11.0f}"
        )
    return "\n".join(lines)
