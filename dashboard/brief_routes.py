"""Serves the briefs that are kept: a list, and each as page and PDF."""

from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response

from dashboard.brief.kept_briefs import STYLE, kept_briefs, kept_file, style_sheet
from dashboard.desk import HTML
from dashboard.responses import current_site
from dashboard.site import Made, Switch
from pipelines.base.state.documents import kept_state

_CSS = "text/css; charset=utf-8"


def serve_briefs(app: FastAPI, switch: Switch, home: Path | None) -> None:
    """The list of the home's briefs, and each of them; without a home there are none."""

    @app.get("/briefs/", include_in_schema=False)
    @app.get("/briefs", include_in_schema=False)
    def briefs() -> Response:
        site = current_site(switch)
        found = kept_briefs(home) if home else []
        body = site.pages.render("briefs", "/briefs", briefs=found)
        return Response(switch.body_of(Made(HTML, body, b"", "")), media_type=HTML)

    @app.get(f"/briefs/{STYLE}", include_in_schema=False)
    def style() -> Response:
        return Response(style_sheet(), media_type=_CSS)

    @app.get("/briefs/{name}", summary="A kept brief: <day>.html or <day>.pdf")
    def brief(name: str) -> Response:
        file = kept_file(home, name) if home else None
        if file is None or home is None:
            raise HTTPException(404)
        content = kept_state(home).read(file)
        if file.suffix == ".pdf":
            told = {"content-disposition": f'attachment; filename="brief-{name}"'}
            return Response(content, media_type="application/pdf", headers=told)
        return Response(content, media_type=HTML, headers={"cache-control": "no-cache"})
