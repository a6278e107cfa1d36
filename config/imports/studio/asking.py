"""Widgets that ask other systems: make-http-request and run-function, as data dips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from config.check.addresses import resolved
from config.imports.draft import Data
from config.imports.names import as_name, one_line
from config.imports.source import Json
from config.imports.studio.liquid import formula
from config.imports.studio.widgets import Widget
from config.imports.studio.work import Work
from config.imports.templated import json_fields
from ivr.expressions import is_template

TIMEOUT = "10 s"
"""Studio waits so long: https://www.twilio.com/docs/studio/widget-library/http-request."""
URL_MOST = 500
ADDRESS_MOST = 4_000
"""With the query, which is no part of ours; longer ones are not looked at."""
UNBOUND = "functions.invalid"
"""The host of functions whose address the export does not hold; a name that never answers (RFC 6761)."""

_WHO = re.compile(r"//[^/@]*@")
_TEMPLATE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?:(?P<who>[^/@?#]*)@)?(?P<host>(?:[A-Za-z0-9-]{1,63}\.){0,9}[A-Za-z0-9-]{1,63}(?::[0-9]{1,5})?)"
    r"(?P<path>/[^?#]*)?(?=[?#]|$)",
    re.DOTALL,
)


def make_http_request(work: Work, widget: Widget) -> None:
    """A request; our body is always JSON, and what is sent with a GET stands behind the address."""
    properties = widget.properties
    posts = properties.at("method").text.strip().upper() == "POST"
    form = "form-urlencoded" in properties.at("content_type").text
    fields = [*_parameters(properties)]
    body = properties.at("body").text.strip()
    if body and posts:
        found = json_fields(body)
        if found is None and "=" in body and form and len(body) <= ADDRESS_MOST:
            found = [(name, value) for name, _, value in (pair.partition("=") for pair in _pairs(body)) if name]
        if found is None:
            work.lost(widget, "its body is no JSON object; it is sent as one field, “body”", properties.at("body"))
            found = [("body", body)]
        fields += found
    if posts and form and fields:
        work.lost(widget, "sent a form; here the service gets the same fields as JSON", properties.at("content_type"))
    if properties.at("add_twilio_auth").flag:
        work.lost(
            widget, "signed in at Twilio; name an authorization file in site.yaml", properties.at("add_twilio_auth")
        )
    _dip(work, widget, properties.at("url"), fields, posts=posts)


def run_function(work: Work, widget: Widget) -> None:
    """A Twilio Function is a web service: it takes parameters as JSON, and its answer is JSON."""
    properties = widget.properties
    url = properties.at("url")
    if not url.text.strip() or "${" in url.text:
        name = as_name(properties.at("function_sid").text, as_name(widget.name, "function"))
        message = "the export does not hold the function's address; bind its web service to it in site.yaml"
        work.left_open(widget, message, widget.at)
        url = Json(f"https://{UNBOUND}/{name}", url.line, url.column)
    _dip(work, widget, url, [*_parameters(properties)], posts=True)


def _parameters(properties: Json) -> Iterator[tuple[str, str]]:
    for one in properties.at("parameters").items:
        if one.at("key").text:
            yield one.at("key").text, one.at("value").text


def _pairs(query: str) -> list[str]:
    """What stands between the ampersands; an ampersand in a template is none."""
    parts = _TEMPLATE.split(query)
    marked = "".join(f"\x02{number}\x03" if number % 2 else part for number, part in enumerate(parts))
    pairs = [unquote_plus(pair) for pair in marked.split("&") if pair]
    return [re.sub(r"\x02(\d+)\x03", lambda found: parts[int(found[1])], pair) for pair in pairs]


def _dip(work: Work, widget: Widget, url: Json, fields: list[tuple[str, str]], *, posts: bool) -> None:
    held: dict[str, str] = {}
    address = url.text.strip()
    if len(address) > ADDRESS_MOST:
        work.stop(widget, f"its address is longer than {ADDRESS_MOST} characters", url)
        return
    found = _ADDRESS.match(address)
    written = None if found is None else _path(work, widget, url, found["path"] or "", held)
    if found is None or written is None:
        shown = one_line(_WHO.sub("//", address), 80) or "nothing"
        work.stop(widget, f"“{shown}” is no address with a host that is known beforehand", url)
        return
    if found["who"]:
        work.lost(
            widget, "its address held a password, which is left out; name an authorization file in site.yaml", url
        )
    behind = _pairs(address[found.end() :].partition("#")[0].lstrip("?"))
    query = [(name, value) for name, _, value in (pair.partition("=") for pair in behind)]
    if len(written) > URL_MOST:
        work.stop(widget, f"its address is longer than {URL_MOST} characters", url)
        return
    service = work.draft.service(f"{found['scheme']}://{found['host'].lower()}")
    data: Data = {"do": "http", "service": service, "path": written}
    data |= _formulas(work, widget, "query", query if posts else [*query, *fields])
    if posts:
        data |= _formulas(work, widget, "json", fields) or {"json": {"from": "caller_number"}}
    data |= {"timeout": TIMEOUT, "take": work.known.answers(widget.name)}
    data |= {"next": work.lead(widget.way("success")), "failed": work.lead(widget.way("failed", "fail"))}
    work.draft.put(work.before_it(widget, "ask", held), data, widget.at)


def _path(work: Work, widget: Widget, url: Json, path: str, held: dict[str, str]) -> str | None:
    """The path with our variables in braces; None, with a finding, where it cannot be worked out."""
    written: list[str] = []
    for number, part in enumerate(_TEMPLATE.split(path)):
        if number % 2 == 0:
            written.append(re.sub(r"[\s\\{}]", "", part))
            continue
        said = formula(part, work.known, url)
        if said is None:
            return None
        if said not in work.draft.variables and said not in ("caller_number", "dialled"):
            name = work.draft.variable(f"{widget.name}_address")
            held[name], said = said, name
        written.append(f"{{{said}}}")
    return resolved("".join(written))


def _formulas(work: Work, widget: Widget, part: str, fields: list[tuple[str, str]]) -> Data:
    """Names with formulas; nothing at all where there is none."""
    said: dict[str, str] = {}
    for name, template in fields:
        value = formula(template, work.known, widget.at)
        if value is None:
            work.lost(widget, f"“{one_line(name, 60)}” is not sent: what it holds cannot be worked out here")
            continue
        own = as_name(name, "field") if not is_template(name) else "field"
        if own != name:
            work.lost(widget, f"sends “{one_line(name, 60)}” as “{own}”: a name has letters, digits, - and _ only")
        said[own] = value
    return {part: said} if said else {}
