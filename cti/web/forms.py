"""What browsers post. Anybody may post anything else: it is worth one answer, and no traceback in the log."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

_FORM = "application/x-www-form-urlencoded"


async def form_of(request: web.Request) -> Mapping[str, str]:
    """The fields of a form of ours, of a repeated one the first; none where it is another kind of form. Raises
    HTTPBadRequest for what cannot be read."""
    if request.content_type != _FORM:
        return {}
    try:
        form = await request.post()
    except (ValueError, LookupError):  # no UTF-8, or an encoding that nobody knows
        raise web.HTTPBadRequest from None
    return {name: str(form[name]) for name in form}
