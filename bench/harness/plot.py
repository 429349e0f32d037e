"""One SVG a table: a group of bars for each point, a bar for each subject, the rounds' spread as a line on it."""

import statistics

from harness.results import METRICS, Table

COLOURS = ["#2f6f9f", "#d08a2e", "#6b8f3c", "#8a5a9e", "#a04848"]
BAR, GAP, GROUP_GAP = 22, 5, 26
LEFT, WIDTH = 250, 860


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 13, weight: str = "normal") -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">{text}</text>'


def svg(table: Table) -> str:
    """Horizontal bars, so that names of any length stand beside them. Reads on light and on dark ground."""
    heading, digits = METRICS[table.plot]
    bars = [(point, subject, list(table.values(subject, point, table.plot).values()))
            for point in table.points() for subject in table.subjects()]
    bars = [bar for bar in bars if bar[2]]
    longest = max((max(values) for _, _, values in bars), default=1) or 1
    scale = (WIDTH - LEFT - 110) / longest
    body, y, last_point = [], 52.0, None
    subjects = table.subjects()
    for point, subject, values in bars:
        if point != last_point:
            y += GROUP_GAP if last_point is not None else 0
            body.append(_text(0, y + 4, point, weight="bold"))
            y += 14
            last_point = point
        median = statistics.median(values)
        middle = y + BAR / 2
        body.append(_text(LEFT - 8, middle + 4, subject, "end"))
        body.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{median * scale:.1f}" height="{BAR}" '
                    f'fill="{COLOURS[subjects.index(subject) % len(COLOURS)]}"/>')
        if len(values) > 1:
            body.append(f'<path d="M{LEFT + min(values) * scale:.1f} {middle:.1f}H{LEFT + max(values) * scale:.1f}" '
                        'stroke="currentColor" stroke-width="2"/>')
        body.append(_text(LEFT + max(values) * scale + 8, middle + 4, f"{median:,.{digits}f}"))
        y += BAR + GAP
    height = y + 12
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'font-family="system-ui, sans-serif" role="img" aria-label="{table.title}: {heading}" color="#777" fill="#777">\n'
            + _text(0, 18, table.title, size=15, weight="bold") + "\n"
            + _text(0, 36, f"{heading}; bar: median of the rounds, line: their spread", size=12) + "\n"
            + "\n".join(body) + "\n</svg>\n")
