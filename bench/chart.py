"""The chart: absolute figures of ours and of the peers, for light and dark pages."""

import statistics
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, STEP = 840, 170, 290, 34
STYLE = """
  .page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e }
  .ours { fill: #0969da } .peer { fill: #8c959f } .limit { fill: none; stroke: #59636e; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 }
    .ours { fill: #4493f8 } .peer { fill: #656c76 } .limit { stroke: #9198a1 }
  }
"""


def draw(contest):
    contenders = [contest.ours, *contest.peers]
    rates = [(contender.name, contender.median(256, "rate"), kind(contest, contender),
              "p50 {} ms, p99 {} ms".format(*(figure(contender.median(256, what)) for what in ("p50", "p99"))))
             for contender in contenders]
    rates.append(("the limit", statistics.median(contest.limits()), "limit", "of PostgreSQL and HTTP"))
    alone = [(contender.name, contender.median(1, "p50"), kind(contest, contender), "") for contender in contenders]
    out, y = [], 26
    for title, bars, unit, form in (
        ("Status changes per second, 256 connections (more is better)", rates, "/s", "{:,.0f}"),
        ("Median time of a change, one connection (less is better)", alone, "ms", "{:.2f}"),
    ):
        out.append(f'<text class="text" x="16" y="{y}" font-size="15" font-weight="600">{title}</text>')
        out += panel(bars, y + 16, unit, form)
        y += 16 + STEP * len(bars) + 36
    height = y - 26
    names = ", ".join(f"{name} {rate:,.0f}/s" for name, rate, _, _ in rates)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" font-family="-apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="14">',
        f"<title>{escape(names)}</title>", f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>', *out, "</svg>"]) + "\n"


def figure(value):
    """A number with three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def kind(contest, contender):
    return "ours" if contender is contest.ours else "peer"


def panel(bars, top, unit, form):
    """A bar for each (name, value, class, note), to one scale from zero."""
    most = max(value for _, value, _, _ in bars)
    for number, (name, value, bar, note) in enumerate(bars):
        y, width = top + STEP * number, (WIDTH - LEFT - RIGHT) * value / most
        weight = ' font-weight="600"' if bar == "ours" else ""
        yield f'<text class="text" x="{LEFT - 12}" y="{y + 17}" text-anchor="end"{weight}>{escape(name)}</text>'
        yield f'<rect class="{bar}" x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="20" rx="2"/>'
        yield (f'<text class="text" x="{LEFT + width + 10:.1f}" y="{y + 17}"{weight}>{form.format(value)} {unit}'
               f'<tspan class="faint" dx="10" font-size="12" font-weight="400">{escape(note)}</tspan></text>')
