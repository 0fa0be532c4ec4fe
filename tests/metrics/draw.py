"""Draws the panels of a Grafana dashboard as SVG, from what Prometheus has."""

import html
import re

WIDTH, HEIGHT = 430, 250
LEFT, RIGHT, TOP, PLOT = 62, 20, 30, 120
COLUMNS = 3
COLOURS = ["#3274d9", "#e02f44", "#299c46", "#e0b400", "#8f3bb8", "#ff780a", "#0097a7", "#795548"]
LEGENDS = 10
UNITS = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs")), "bytes": ((2**20, "MiB"), (2**10, "KiB"), (1, "B")),
         "percentunit": ((0.01, "%"),), "reqps": ((1, "/s"),), "ops": ((1, "/s"),), "short": ((1, ""),)}


def shown(value, unit):
    for factor, name in UNITS[unit]:
        if value >= factor:
            break
    value /= factor
    return f"{value:{',.0f' if value >= 100 else '.3g'}}{' ' if name else ''}{name}"


def legend(template, labels):
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), template)


def lines_of(panel, ask):
    """Each line's name and points."""
    for target in panel["targets"]:
        for series in ask(target["expr"]):
            points = [(float(at), float(value)) for at, value in series["values"] if value != "NaN"]
            if points:
                yield legend(target["legendFormat"], series["metric"]), points


def panel_svg(panel, lines, began, seconds):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    lines = sorted(lines)
    top = max((value for _, points in lines for _, value in points), default=0) or 1
    across = (WIDTH - LEFT - RIGHT) / seconds
    out = [f'<rect width="{WIDTH - 8}" height="{HEIGHT - 8}" rx="4" fill="#fff" stroke="#d8dade"/>',
           f'<text x="12" y="20" font-weight="bold">{html.escape(panel["title"])}</text>']
    for part in (0, 0.5, 1):
        y = TOP + PLOT * (1 - part)
        out.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#e4e7eb"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end" fill="#555">'
                   f'{shown(top * part, unit)}</text>')
    for number, (name, points) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = ((LEFT + (at - began) * across, TOP + PLOT * (1 - value / top)) for at, value in points)
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if number < LEGENDS:
            x, y = 12 + number % 2 * (WIDTH // 2), TOP + PLOT + 18 + number // 2 * 15
            out.append(f'<rect x="{x}" y="{y - 8}" width="10" height="4" fill="{colour}"/>'
                       f'<text x="{x + 14}" y="{y - 2}" font-size="10">{html.escape(name[:28])}: '
                       f'{shown(points[-1][1], unit)}</text>')
    return "\n".join(out)


def draw(panels, ask, began, seconds):
    rows = -(-len(panels) // COLUMNS)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * WIDTH} {rows * HEIGHT}" '
             'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="#f4f5f5"/>']
    for number, panel in enumerate(panels):
        place = f"{number % COLUMNS * WIDTH + 4} {number // COLUMNS * HEIGHT + 4}"
        parts.append(f'<g transform="translate({place})">')
        parts.append(panel_svg(panel, list(lines_of(panel, ask)), began, seconds))
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"
