"""A request that may come from Twilio, and what proves that it does.

Twilio signs the address that it was given to call, with every parameter of the form after it, sorted (https://
www.twilio.com/docs/usage/webhooks/webhooks-security). So the *configured* address is hashed, never what a request says
of itself: behind a proxy the two differ, and who sends the request chooses what stands in it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, unquote

from multidict import MultiDict, MultiMapping
from twilio.request_validator import (
    HMAC_SHA1,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from yarl import URL

BODY_BYTES_MOST = 16 * 1024
FIELDS_MOST = 200
"""Twilio's largest voice webhooks are some 3 KB with 40 fields. To read a form and to hash it takes 1 ms for 16 KB, and
who sends a made-up signature costs us that."""
TARGET_MOST = 4_000
"""Characters of path and query."""
_SHOWN_MOST = 300

_SIGNATURES = {HMAC_SHA1: re.compile(r"[A-Za-z0-9+/]{27}="), "HMAC_SHA256": re.compile(r"[A-Za-z0-9+/]{43}=")}
"""What a signature looks like: 20 or 32 bytes in base64."""
_FORM = "application/x-www-form-urlencoded"


class NotFromTwilio(Exception):
    """The request proves nothing; the text says why, with the address that was hashed, and nothing that was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A request as it came in."""

    method: str
    target: str
    """Path and query as they stood in the first line of the request."""
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A request that came from Twilio."""

    path: tuple[str, ...]
    """The parts of the path behind the public address, decoded."""
    params: MultiMapping[str] = field(repr=False)
    """The form, all of it: Twilio adds parameters without notice. Not shown by ``repr``: among them is what a caller
    pressed."""

    def get(self, name: str) -> str:
        """A parameter; empty where it was not sent. Of a repeated one the first."""
        return self.params.get(name, "")


class Signatures:
    """Tells Twilio's requests from others."""

    def __init__(self, public_url: str, auth_token: str, shared_key: str = "") -> None:
        """*shared_key*: the secret for requests that name a shared key; without one such requests are refused."""
        url = URL(public_url)
        self._base = url.path.rstrip("/")
        host = f"{url.scheme}://{url.host}"
        # Twilio signs now with the port and now without (see the helper library's validator).
        self._origins = (host, f"{host}:{url.port}")
        self._auth_token = auth_token
        self._shared_key = shared_key

    def read(self, hook: Webhook) -> Posted:
        """What the request says; :class:`NotFromTwilio` where it is not proved to be Twilio's."""
        if len(hook.target) > TARGET_MOST or len(hook.body) > BODY_BYTES_MOST:
            raise NotFromTwilio("the request is larger than any of Twilio's")
        path, _, query = hook.target.partition("?")
        if not hook.target.isascii():
            raise NotFromTwilio(f"{self._hashed(hook)}: an address has none but ASCII characters")
        if not path.startswith(self._base + "/"):
            raise NotFromTwilio(f"{_shown(path)} is not below the public_url")
        settings = hook.headers.get(SIGNATURE_SETTINGS_HEADER.lower(), "")
        secret = self._shared_key if settings else self._auth_token
        algorithm = get_signature_algorithm(settings).upper()
        given = hook.headers.get(SIGNATURE_HEADER.lower(), "")
        if algorithm not in _SIGNATURES:
            raise NotFromTwilio("the signature is by an algorithm that is not known here")
        if not given or not secret:
            what = "no signature" if not given else "a shared key, and twilio.shared_key_file names no secret for it"
            raise NotFromTwilio(f"{self._hashed(hook)}: there is {what}")
        if not _SIGNATURES[algorithm].fullmatch(given):
            raise NotFromTwilio(f"{self._hashed(hook)}: what stands there as a signature is none")
        params, signed = self._params(hook, query)
        validator = RequestValidator(secret)
        # All are computed and compared in constant time, whichever fits.
        expected = [validator.compute_signature(origin + hook.target, signed, algorithm) for origin in self._origins]
        fits = [hmac.compare_digest(one.encode(), given.encode()) for one in expected]
        if not any(fits):
            raise NotFromTwilio(
                f"{self._hashed(hook)}: the signature does not fit; is this the address as Twilio has it, and the Auth "
                "Token of the account that calls?"
            )
        parts = tuple(unquote(part) for part in path[len(self._base) + 1 :].split("/"))
        return Posted(path=parts, params=params)

    def _params(self, hook: Webhook, query: str) -> tuple[MultiDict[str], MultiDict[str]]:
        """The parameters, and those of them that are signed along with the address."""
        params: MultiDict[str] = MultiDict()
        if not hook.body:
            return params, params
        kind = hook.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _FORM:
            try:
                text = hook.body.decode("ascii")
                fields = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MOST, errors="strict")
            except ValueError:
                raise NotFromTwilio("the form cannot be read") from None
            params.extend(fields)
            return params, params
        digest = parse_qs(query).get("bodySHA256", [""])[0]
        if not hmac.compare_digest(hashlib.sha256(hook.body).hexdigest().encode(), digest.lower().encode()):
            raise NotFromTwilio(f"{self._hashed(hook)}: the body is not the one that bodySHA256 speaks of")
        return params, params

    def _hashed(self, hook: Webhook) -> str:
        return _shown(self._origins[0] + hook.target)


def _shown(text: str) -> str:
    """For a log line: no control characters, and not endless."""
    return re.sub(r"[^\x21-\x7e]", "?", text[:_SHOWN_MOST])


def withheld(number: str) -> bool:
    """Whether Twilio's ``From`` stands for a caller who shows no number: the word, typed on the keys of a telephone."""
    return number.lstrip("+") in _WITHHELD


def _typed(word: str) -> Iterator[str]:
    for letter in word:
        yield next(key for key, letters in _KEYS.items() if letter in letters)


_KEYS = {"2": "ABC", "3": "DEF", "4": "GHI", "5": "JKL", "6": "MNO", "7": "PQRS", "8": "TUV", "9": "WXYZ"}
_WORDS = ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE")
_WITHHELD = {"", "anonymous", *("".join(_typed(word)) for word in _WORDS)}
