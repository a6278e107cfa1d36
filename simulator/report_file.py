"""The page or the picture that a command writes on request: self-contained, without script, without network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:  # drawing takes half a second to import, for which commands without a report should not wait
    from simulator.charts import Chart

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }}
svg {{ max-width: 100%; height: auto }}
pre {{ font-size: 13px; line-height: 1.3; overflow-x: auto }}
@media (prefers-color-scheme: dark) {{ svg {{ background: #fff; border-radius: 6px }}
body {{ background: #16181d; color: #e8e8e8 }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
{charts}
<h2>Figures</h2>
<pre>{tables}</pre>
</body>
</html>
"""


_LETTERS = 140
"""In a line below the title of a chart, in a picture."""


class ReportError(ValueError):
    """The report cannot be written; the text says why and what to do."""


def check_report(path: Path) -> None:
    """Raises :class:`ReportError` where a report of this name cannot be written: better before long work."""
    if path.suffix not in (".html", ".png"):
        raise ReportError(f"a report is a page or a picture: name it {path.stem}.html or {path.stem}.png")
    if not path.parent.is_dir():
        raise ReportError(f"there is no folder {path.parent}; create it, or name another file")


Charts = Sequence[tuple[str, "Chart"]]
"""Each with the sentence that explains it."""


def write_report(path: Path, title: str, about: str, charts: Charts, tables: Console) -> None:
    """Writes the page or the picture, whichever ``path`` ends in; ``tables`` is a recording console. Raises
    :class:`ReportError`."""

    def page(drawn: str) -> str:
        plain = tables.export_text(styles=False)
        return _PAGE.format(title=escape(title), about=escape(about), charts=drawn, tables=escape(plain))

    write_page_or_picture(path, title, charts, page)


def write_page_or_picture(path: Path, title: str, charts: Charts, page: Callable[[str], str]) -> None:
    """Writes the picture, under ``title``, or what ``page`` makes of the charts as HTML, whichever ``path`` ends in.
    Raises :class:`ReportError`."""
    import altair as alt  # noqa: PLC0415
    import vl_convert  # noqa: PLC0415

    check_report(path)
    try:
        if path.suffix == ".png":
            explained = (
                chart.properties(
                    title=alt.TitleParams(
                        str(chart.title), subtitle=wrap(words, _LETTERS), anchor="start", frame="group"
                    )
                )
                for words, chart in charts
            )
            together = (
                alt.vconcat(*explained, spacing=30)
                .resolve_scale(color="independent")
                .properties(title=alt.TitleParams(title, fontSize=20, offset=16), padding=20)
            )
            path.write_bytes(vl_convert.vegalite_to_png(together.to_dict(), scale=1))
            return
        drawn = "\n".join(
            f"<section><p>{escape(words)}</p>\n{vl_convert.vegalite_to_svg(chart.to_dict())}</section>"
            for words, chart in charts
        )
        path.write_text(page(drawn), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"cannot write {path}: {error.strerror}; name another file") from error
