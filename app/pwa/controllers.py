"""What makes the pages an app on the phone: manifest, service worker, and the page for when there is no network."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.response import Template

from app.jurisdictions.current import current_city
from app.templating import BUILD, asset, current_locale, gettext

REVALIDATE = {"Cache-Control": "no-cache"}


@get("/manifest.webmanifest", sync_to_thread=False)
def show_manifest() -> Response[dict[str, Any]]:
    """The W3C Web Application Manifest in the reader's language."""
    headers = {**REVALIDATE, "Vary": "Accept-Language, Cookie"}
    return Response(manifest(), media_type="application/manifest+json", headers=headers)


def manifest() -> dict[str, Any]:
    city = current_city.get()
    name = city.name if city else "Blockwise"
    return {
        "id": "/",
        "name": gettext("%(city)s: report a problem", city=name),
        "short_name": name,
        "description": gettext(
            "Photograph a problem in the street, send it to the city, and follow it until it is fixed."
        ),
        "lang": current_locale.get(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fffdf8",
        "theme_color": "#fffdf8",
        "categories": ["government", "utilities"],
        "icons": icons(),
        "shortcuts": [
            shortcut(gettext("Report a problem"), "/report"),
            shortcut(gettext("My reports"), "/my"),
        ],
        "share_target": {
            "action": "/report/share",
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "media", "accept": ["image/*", ".heic", ".heif"]}],
            },
        },
    }


def icons() -> list[dict[str, str]]:
    return [
        {"src": asset("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        icon("icon-192.png", 192, "any"),
        icon("icon-512.png", 512, "any"),
        icon("maskable-512.png", 512, "maskable"),
        icon("monochrome-512.png", 512, "monochrome"),
    ]


def icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": asset(f"icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


def shortcut(name: str, url: str) -> dict[str, Any]:
    return {"name": name, "url": url, "icons": [icon("shortcut-96.png", 96, "any")]}


@get("/service-worker.js", sync_to_thread=True)
def show_service_worker() -> Response[bytes]:
    """The service worker, from the root so that it may answer for every page. 404 before the front end is built."""
    path = BUILD / "service-worker.js"
    if not path.exists():
        raise NotFoundException
    return Response(path.read_bytes(), media_type="text/javascript", headers=REVALIDATE)


@get("/offline")
async def show_offline() -> Template:
    return Template("pwa/offline.html", media_type=MediaType.HTML, headers=REVALIDATE)


route_handlers = [show_manifest, show_service_worker, show_offline]
