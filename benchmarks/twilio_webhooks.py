"""How soon a webhook of Twilio's is answered while many calls are in menus at once.

Run as ``python -m benchmarks.twilio_webhooks``. A whole live service (journal and database on disk) listens in a
process of its own; this one plays Twilio and the callers: each caller goes through the menu of the example bank to its
queue and hangs up, a new one comes at once, and every request is signed and on the clock from its first byte to the
answer's last. The network between Twilio and a site comes on top of that.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import itertools
import random
import signal
import statistics
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from config.loader import load_site
from config.site import Site, Twilio, Voice
from cti.crm import CsvRecords
from cti.journal import Journal
from cti.service.clock import ServiceClock
from cti.service.pauses import keep_pauses_short
from cti.service.runtime import Service
from cti.store import Store
from cti.twilio.line import TwilioLine
from cti.twilio.transport import AiohttpClient

BANK = Path(__file__).parents[1] / "config" / "examples" / "bank"
PUBLIC = "https://calls.example.com"
ACCOUNT, TOKEN = "AC" + "0" * 32, "0" * 32
KEYS = ("1", "1", "4321")
"""English, cards, the last digits of the card."""


class NobodyCalls(AiohttpClient):
    """A Twilio whose lists are empty; nothing else is asked of it, as no agent is at work."""

    async def send(
        self,
        method: str,  # noqa: ARG002
        url: str,
        body: str | None,  # noqa: ARG002
        headers: dict[str, str],  # noqa: ARG002
        auth: tuple[str, str] | None,  # noqa: ARG002
        within_s: float,  # noqa: ARG002
    ) -> tuple[int, dict[str, str], bytes]:
        """An empty page."""
        name = urlsplit(url).path.rpartition("/")[2].removesuffix(".json").lower()
        return 200, {}, f'{{"{name}": [], "next_page_uri": null, "page": 0}}'.encode()


def site_on_twilio(folder: Path, port: int) -> Site:
    """The example bank on a Twilio account; callers wait as long as they like."""
    site = load_site(BANK)
    (folder / "twilio.secret").write_text(f"{ACCOUNT}\n{TOKEN}\n", encoding="utf-8")
    queues = tuple(replace(queue, unstaffed_ms=None, max_wait_ms=None, max_waiting=None) for queue in site.acd.queues)
    return replace(
        site,
        acd=replace(site.acd, queues=queues),
        twilio=Twilio(
            secret_file=folder / "twilio.secret",
            shared_key_file=None,
            public_url=PUBLIC,
            fallback_url=f"{PUBLIC}/fallback",
            api="https://api.twilio.com",
            host="127.0.0.1",
            port=port,
            caller_id="+15550100200",
            music="https://calls.example.com/music.mp3",
            voices={language: Voice(language="en-US") for language in site.languages},
        ),
    )


async def serve(port: int) -> None:
    """The service, until somebody ends it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site, clock = site_on_twilio(folder, port), ServiceClock()
        journal = Journal.open(folder, site=site.id)
        store = await Store.open(f"sqlite+aiosqlite:///{folder / 'holdless.db'}")
        assert site.customers is not None
        line = TwilioLine(site, messages=folder / "messages", now=clock.now, http=NobodyCalls())
        service = Service(
            site, lines=[line], journal=journal, store=store, customers=CsvRecords(site.customers), clock=clock
        )
        await service.start()
        keep_pauses_short()
        print(line.port, flush=True)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await service.close()
        journal.close()
        await store.close()


@dataclass
class Twilio200:
    """Many callers, and what they measured."""

    origin: str
    session: aiohttp.ClientSession
    until: float
    think_s: float
    chance: random.Random
    taken_ms: list[float] = field(default_factory=list)
    calls: int = 0
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def caller(self) -> None:
        """One caller after the other, on the same line."""
        await asyncio.sleep(self.chance.uniform(0, self.think_s))
        while time.perf_counter() < self.until:
            await self.one_call()

    async def one_call(self) -> None:
        """From the first request to the music, and the end."""
        about = {"CallSid": f"CA{next(self.numbers):032x}", "CallStatus": "in-progress", "From": "+380501110003"}
        url = f"{PUBLIC}/voice"
        params = dict(about)
        for keys in KEYS:
            document = await self.request(url, params)
            gather = document.find("Gather")
            assert gather is not None, ET.tostring(document)
            url, params = gather.get("action") or "", {**about, "Digits": keys}
            await asyncio.sleep(self.chance.expovariate(1 / self.think_s))
        enqueue = (await self.request(url, params)).find("Enqueue")
        assert enqueue is not None
        music = await self.request(enqueue.get("waitUrl") or "", about)
        assert music.find("Play") is not None
        await asyncio.sleep(self.chance.expovariate(1 / self.think_s))
        await self.request(f"{PUBLIC}/status", {**about, "CallStatus": "completed"})
        self.calls += 1

    async def request(self, url: str, params: dict[str, str]) -> ET.Element:
        """One signed request; its time is noted."""
        signed = url + "".join(name + params[name] for name in sorted(params))
        signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        begin = time.perf_counter()
        async with self.session.post(
            self.origin + url.removeprefix(PUBLIC), data=params, headers={"X-Twilio-Signature": signature}
        ) as answer:
            text = await answer.text()
        self.taken_ms.append((time.perf_counter() - begin) * 1_000)
        assert answer.status in (200, 204), answer.status
        return ET.fromstring(text) if text else ET.Element("Response")


async def measured(calls: int, seconds: float, think_s: float) -> Twilio200:
    """The figures of so many calls at once for so long."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.twilio_webhooks", "--serve", stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            twilio = Twilio200(
                f"http://127.0.0.1:{port}", session, time.perf_counter() + seconds, think_s, random.Random(1)
            )
            await asyncio.gather(*(twilio.caller() for _ in range(calls)))
            return twilio
    finally:
        server.terminate()
        await server.wait()


def main(arguments: list[str] | None = None) -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200, help="at once")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--think", type=float, default=1.0, help="mean seconds from a question to a key")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        asyncio.run(serve(0))
        return
    twilio = asyncio.run(measured(options.calls, options.seconds, options.think))
    hundredths = statistics.quantiles(twilio.taken_ms, n=100)
    requests = len(twilio.taken_ms)
    print(
        f"{options.calls} calls at once, {requests} webhooks of {twilio.calls} calls, {requests / options.seconds:.0f} "
        f"a second: answered in {hundredths[49]:.1f} ms (median), {hundredths[94]:.1f} ms (p95), "
        f"{hundredths[98]:.1f} ms (p99)"
    )


if __name__ == "__main__":
    main()
