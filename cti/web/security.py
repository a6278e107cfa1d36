"""What every answer says to the browser, and which requests are turned away before anything else happens.

After OWASP ASVS 5.0: 3.4 (headers), 3.5 (requests from other sites), 4.4 (WebSocket).
"""

from __future__ import annotations

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SAFE = {"GET", "HEAD", "OPTIONS"}


def dress(response: web.StreamResponse) -> None:
    """Puts the headers of every answer on ``response``; pages are not kept by browsers unless they said otherwise."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Server"] = "Holdless"
    response.headers.setdefault("Cache-Control", "no-store")


def turn_away_strangers(request: web.Request, origins: frozenset[str]) -> None:
    """Raises the HTTP error for a request that another site may have caused.

    The Host header is compared too: a foreign name that resolves to this machine (DNS rebinding) is not ours. Every
    browser sends Origin with a POST and with the opening of a WebSocket (RFC 6455, 10.2); who sends none is no browser
    of ours.
    """
    if request.host not in {origin.partition("://")[2] for origin in origins}:
        raise web.HTTPMisdirectedRequest(text=f"These pages are served at {', '.join(sorted(origins))} only.")
    is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if (is_socket or request.method not in _SAFE) and request.headers.get("Origin") not in origins:
        raise web.HTTPForbidden(text="This request came from another site.")
