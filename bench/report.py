"""The report: a table in Markdown and a chart in SVG."""

import datetime
import statistics
from xml.sax.saxutils import escape

import lab
import measures


def write(directory, here, rows):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "latest.md").write_text(markdown(here, rows))
    (directory / "chart.svg").write_text(chart([row for row in rows if row.theirs]))


def amount(values, unit):
    middle = statistics.median(values)
    return f"{middle:,.0f} {unit}" if middle >= 100 else f"{middle:.3g} {unit}"


def markdown(here, rows):
    settings = [(name, here.sql(f"SHOW {name}", here.admin)) for name in
                ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size")]
    lines = [
        "# Benchmark",
        "",
        f"Made by `bench/run` on {datetime.date.today()}: {here.rounds} rounds of {here.seconds} s, ours and the "
        "reference in turn. Server, PostgreSQL and load generator share the machine. Ratios are made round by round; "
        "the table shows their median, and in brackets the least and the most.",
        "",
        "| measure | reference | ratio | goal | reached | ours | reference |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        theirs = amount(row.theirs, row.unit) if row.theirs else "–"
        cells = [row.name, row.reference, row.ratio_text(), row.goal, "yes" if row.reached() else "**no**",
                 amount(row.ours, row.unit), theirs]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in measures.versions()]
    lines += [f"| PostgreSQL {name} | {value} |" for name, value in settings]
    return "\n".join(lines) + "\n"


def chart(rows):
    """A bar a measure: the ratio, with its range as a line and the goal as a tick, on a logarithmic scale."""
    import math
    left, width, step, top = 430, 420, 30, 46
    low, high = 0.1, 10

    def x(ratio):
        share = (math.log(min(max(ratio, low), high)) - math.log(low)) / (math.log(high) - math.log(low))
        return left + width * share

    height = top + step * len(rows) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 90} {height}" '
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{left + width + 90}" height="{height}" fill="#fff"/>',
           '<text x="10" y="20" font-weight="bold">Ratio to the reference (dark line: goal)</text>']
    for mark in (0.1, 0.2, 0.5, 1, 2, 5, 10):
        out.append(f'<line x1="{x(mark):.1f}" y1="{top - 8}" x2="{x(mark):.1f}" y2="{height - 24}" stroke="#ddd"/>')
        out.append(f'<text x="{x(mark):.1f}" y="{height - 8}" text-anchor="middle" fill="#666">{mark}×</text>')
    for number, row in enumerate(rows):
        y = top + number * step
        ratios, colour = row.ratios(), "#3a7d44" if row.reached() else "#c8553d"
        start, end = sorted((x(1), x(row.median())))
        sense = "more is better" if row.at_least else "less is better"
        out.append(f'<text x="10" y="{y + 13}">{escape(row.name)}<tspan dx="8" fill="#888" font-size="11">{sense}</tspan></text>')
        out.append(f'<rect x="{start:.1f}" y="{y + 2}" width="{max(end - start, 2):.1f}" height="14" fill="{colour}"/>')
        out.append(f'<line x1="{x(min(ratios)):.1f}" x2="{x(max(ratios)):.1f}" y1="{y + 9}" y2="{y + 9}" stroke="#333"/>')
        out.append(f'<line x1="{x(row.bound):.1f}" x2="{x(row.bound):.1f}" y1="{y - 2}" y2="{y + 20}" stroke="#222" stroke-width="2"/>')
        out.append(f'<text x="{left + width + 12}" y="{y + 13}">{row.median():.2f}×</text>')
    return "\n".join(out + ["</svg>"]) + "\n"
