"""How the pages are served."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class SignIn(StrEnum):
    """How somebody shows who they are."""

    DEMO = "demo"
    """By choosing a name: only where nobody but this machine can reach the pages."""
    PASSWORD = "password"  # noqa: S105 (the name of a way, not a password)
    """By a password that the store knows."""


class WebError(Exception):
    """The pages cannot be served; the text says why and how to mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How, beside the address (which the caller of ``start_pages`` has bound)."""

    sign_in: SignIn = SignIn.DEMO
    origins: tuple[str, ...] = ()
    """What browsers call these pages, “https://desk.example.com”; needed only beyond this machine."""
    desk_grace_ms: int = 30_000
    """A ready agent whose last desk page has been gone for so long gets no more calls."""
    ring_grace_ms: int = 5_000
    """A call that rings at a desk and nowhere else, and whose last page has been gone for so long, goes to the next
    agent: longer than a page takes to load again."""
    phone_grace_ms: int = 10_000
    """A caller of the phone page whose page has been gone for so long hangs up."""

    def check(self, host: str) -> None:
        """Raises :class:`WebError` for what would be unsafe, or could not work, on the address ``host``."""
        local = ipaddress.ip_address(host).is_loopback
        if self.sign_in is SignIn.DEMO and not local:
            raise WebError(
                f"signing in without a password is allowed only on this machine, not on {host}: "
                "serve on 127.0.0.1, or choose signing in by password"
            )
        if not local and not self.origins:
            raise WebError(
                f"the pages are to be served on {host}: say under which address browsers open them, "
                "for example https://desk.example.com"
            )
        for origin in self.origins:
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}":
                raise WebError(
                    f"“{origin}” is no origin: write scheme and host only, for example https://desk.example.com"
                )

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https alone, so that cookies may demand it."""
        return bool(self.origins) and all(origin.startswith("https://") for origin in self.origins)

    def origins_at(self, port: int) -> frozenset[str]:
        """The origins that may talk to these pages once they are bound to ``port``."""
        if self.origins:
            return frozenset(self.origins)
        return frozenset(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))
