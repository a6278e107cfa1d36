"""The configurations that a centre has gone by: what happened by one is gone through again by the same one.

The journal says by which configuration each entry was decided, and has the files of it, so that the past stays what it
was whatever the files say today, on whichever machine.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from acd.first_come import first_come
from centre.events import ConfigurationChanged, Event
from centre.machine import Centre, CentreSetup
from config.errors import SiteError
from config.site import Prompt, Site
from config.sources import site_of
from cti.journal import Header

_log = logging.getLogger(__name__)

Prompts = Mapping[str, Mapping[str, Prompt]]

KEPT = 8
"""So many are kept, the latest, beside those that are needed."""
_FIRST_COME = "-first-come"


def with_former(prompts: Prompts, former: Prompts) -> Prompts:
    """``prompts``, and of ``former`` what they have not: whole prompts, and languages of one."""
    return {name: {**former.get(name, {}), **prompts.get(name, {})} for name in {**prompts, **former}}


def spoken_of(prompts: Prompts) -> frozenset[tuple[str, str]]:
    """Each prompt with each language that it has."""
    return frozenset((name, language) for name, languages in prompts.items() for language in languages)


def first_come_name(configuration: str) -> str:
    """The name of the plainest rules (:mod:`acd.first_come`) for the queues and agents of a configuration."""
    return f"{configuration}{_FIRST_COME}"


def _digest_of(configuration: str) -> str:
    """Of the site whose configuration or plainest rules these are."""
    return configuration.removesuffix(_FIRST_COME)


class Configurations:
    """Those that events since the start may speak of, each by its digest, and the plainest rules for each."""

    def __init__(self) -> None:
        self._setups: dict[str, CentreSetup] = {}
        self._sources: dict[str, Mapping[str, str]] = {}
        self._header: Header | None = None
        """The last one that was looked at."""
        self._unreadable: set[str] = set()
        """The digests of those that this version cannot read: there is a header of them for each start."""
        self.prompts: Prompts = {}
        """Of those that the journal told of: callers in their menus may still hear them."""

    def add(self, site: Site) -> None:
        """The configuration of ``site`` is one of them."""
        self._add(site.digest, site)

    def learn(self, header: Header, folder: Path) -> bool:
        """Takes in the configuration that entries under ``header`` were decided by; whether that is a new one.
        ``folder``: of the site as it is today."""
        if header is self._header:
            return False
        self._header = header
        digest = _digest_of(header.configuration)
        if digest in self._setups or digest in self._unreadable or not header.sources:
            return False
        try:
            site = site_of(header.sources, folder)
        except Exception as error:  # another version has checked them: this one may stumble over anything in them
            said = error if isinstance(error, SiteError) else f"{type(error).__name__}: {error}"
            _log.warning("this version cannot read the rules by which the centre went before: %s", said)
            self._unreadable.add(digest)
            return False
        self._add(digest, replace(site, sources=header.sources))
        self.prompts = with_former(site.prompts, self.prompts)
        return True

    def knows(self, configuration: str) -> bool:
        """Whether it is one of them."""
        return configuration in self._setups

    def setup(self, configuration: str) -> CentreSetup:
        """What a centre that goes by it is built from; KeyError for one that is not known."""
        return self._setups[configuration]

    def sources(self, configuration: str) -> Mapping[str, str]:
        """The files of it; none of one that is not known."""
        return self._sources.get(configuration, {})

    def prepare(self, centre: Centre) -> None:
        """Lets events speak to ``centre`` of each of them."""
        for configuration, setup in self._setups.items():
            centre.prepare(configuration, setup)

    def forget_old(self, centre: Centre, needed: Collection[str]) -> None:
        """Forgets all but the latest :data:`KEPT` and those that are ``needed``, and lets ``centre`` forget them: each
        snapshot would carry them along."""
        digests = tuple(dict.fromkeys(map(_digest_of, self._setups)))
        kept = {*digests[-KEPT:], *map(_digest_of, needed)}
        if kept.issuperset(digests):
            return
        for digest in digests:
            if digest not in kept:
                self._drop(digest)
        centre.forget_prepared(but=[name for digest in kept for name in _names(digest)])

    def _add(self, digest: str, site: Site) -> None:
        self._drop(digest)  # the latest is the last
        plainest = replace(site.centre, acd=first_come(site.centre.acd))
        for name, setup in zip(_names(digest), (site.centre, plainest), strict=True):
            self._setups[name], self._sources[name] = setup, site.sources

    def _drop(self, digest: str) -> None:
        for name in _names(digest):
            self._setups.pop(name, None)
            self._sources.pop(name, None)


def _names(digest: str) -> tuple[str, str]:
    """Of a site's configuration, and of the plainest rules for it."""
    return digest, first_come_name(digest)


def prepare(centre: Centre, site: Site) -> None:
    """Lets events speak of the site's configuration, and of the plainest rules for it."""
    configurations = Configurations()
    configurations.add(site)
    configurations.prepare(centre)


def forget_others(centre: Centre, configuration: str) -> None:
    """Lets events speak to ``centre``, which is of a snapshot and goes by ``configuration``, of that one and the
    plainest rules for it alone: of what came after, the journal tells, and each snapshot would carry along those of all
    starts before."""
    centre.forget_prepared(but=_names(_digest_of(configuration)))


def after_event(centre: Centre, event: Event, configuration: str) -> str:
    """By which configuration ``centre`` goes after ``event``; ``configuration``: before it."""
    if isinstance(event, ConfigurationChanged) and centre.knows(event.configuration):
        return event.configuration
    return configuration
