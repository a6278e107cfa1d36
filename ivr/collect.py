"""The keypad: how keys become one entry. Every line driver runs this table, so that all lines behave alike.

The driver tells it each key, the end of the prompt, and that the deadline passed; it reads ``deadline`` (when to
call :func:`timer`), ``stop_prompt`` (stop speaking now) and ``end`` (the entry is made).

The table itself is docs/keypad.md, which a test holds this module against. In short: prompting → waiting-first →
waiting-next → done; with barge-in a key leads from prompting to waiting-next, without it keys wait for the end of the
prompt.

- Three timers make the deadline. waiting-first ends ``first_key_ms`` after the prompt did; waiting-next ``next_key_ms``
  after the last key (or after the prompt, for keys typed ahead); and both end, whatever is pressed, ``all_keys_ms``
  after the prompt did, where there is such a limit: ``closes_at``, which no key moves.
- The prompt ends when it was spoken, when a key interrupts it, or at once where there is none.
- Whichever of them is over, what was pressed until then is judged alike: the least keys make an entry (as for speech
  in RFC 6787, success-maxtime: cut off by its longest time, but whole until then).
- A key that comes at or after the deadline is late, even where the timer was not told yet: the deadline decides,
  not the driver's luck.
- The terminator ends the entry and is no part of it; as the first key it makes an empty entry.
- A key of ``at_once``, pressed first, makes the entry alone, however many keys are asked for.
- Keys are ``0``-``9``, ``*``, ``#`` and ``A``-``D``; anything else on the keypad's wire is no key.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from ivr.keys import KeyRules
from ivr.messages import Entered, EntryEnd, masked

KEYPAD = frozenset("0123456789*#ABCD")
TYPED_AHEAD_MOST = 50
"""Keys that a line keeps for the next question; a caller who presses more is not typing ahead."""


class Phase(StrEnum):
    """Where the gathering stands."""

    PROMPTING = "prompting"
    WAITING_FIRST = "waiting-first"
    WAITING_NEXT = "waiting-next"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """One entry being gathered. Immutable: each function below gives the next one."""

    rules: KeyRules
    phase: Phase
    keys: str = field(default="", repr=False)
    """What was pressed so far, readable: for :meth:`entered` only, never for a log."""
    deadline: int | None = None
    """When to call :func:`timer` (Unix milliseconds); None: no need."""
    closes_at: int | None = None
    """When the time for the whole entry is over, once the prompt is; None: no such limit, or still prompting."""
    stop_prompt: bool = False
    """This very key interrupts the prompt."""
    end: EntryEnd | None = None
    """How the entry ended, once :attr:`done`. Without barge-in it can be known before the prompt is over."""

    @property
    def done(self) -> bool:
        """Whether the entry is made and the prompt is out of the way."""
        return self.phase is Phase.DONE

    def entered(self, step: int) -> Entered:
        """The answer to the question with this ``step``; digits of a sensitive entry leave as dots."""
        assert self.done
        assert self.end is not None
        keys = masked(self.keys) if self.rules.sensitive else self.keys
        return Entered(step=step, keys=keys, end=self.end)


def begin(rules: KeyRules, at: int, *, prompt_playing: bool) -> Collector:
    """The gathering of one entry, from ``at`` (Unix milliseconds) on."""
    state = Collector(rules=rules, phase=Phase.PROMPTING)
    return state if prompt_playing else prompt_ended(state, at)


def key(state: Collector, pressed: str, at: int) -> Collector:
    """The caller pressed a key."""
    state = timer(replace(state, stop_prompt=False), at)
    if state.done or state.end is not None or pressed not in KEYPAD:
        return state
    prompting = state.phase is Phase.PROMPTING
    if prompting and not state.rules.barge_in:
        return _with_key(state, pressed)
    state = replace(_with_key(state, pressed), stop_prompt=prompting)
    return _after_key(_silent(state, at) if prompting else state, at)


def typed_ahead(state: Collector, keys: str, at: int) -> tuple[Collector, str]:
    """The keys that were pressed before the question, at its beginning; and those that are not for it any more.

    ``stop_prompt``: the prompt need not be spoken at all.
    """
    unheard = False
    for number, pressed in enumerate(keys):
        if state.end is not None:
            return replace(state, stop_prompt=unheard), keys[number:]
        state = key(state, pressed, at)
        unheard = unheard or state.stop_prompt
    return replace(state, stop_prompt=unheard), ""


def prompt_ended(state: Collector, at: int) -> Collector:
    """The prompt was spoken to its end."""
    state = replace(state, stop_prompt=False)
    if state.phase is not Phase.PROMPTING:
        return state
    state = _silent(state, at)
    if state.keys or state.end is not None:
        return _after_key(state, at)
    return _wait(state, Phase.WAITING_FIRST, at)


def timer(state: Collector, at: int) -> Collector:
    """Time is ``at`` now; before the deadline that changes nothing."""
    if state.deadline is None or at < state.deadline:
        return state
    if not state.keys:
        end = EntryEnd.NO_INPUT
    elif len(state.keys) >= state.rules.least:
        end = EntryEnd.KEYS
    else:
        end = EntryEnd.INCOMPLETE
    return replace(state, phase=Phase.DONE, deadline=None, stop_prompt=False, end=end)


def _with_key(state: Collector, pressed: str) -> Collector:
    """The key counted; ``end`` is set when it makes the entry."""
    if pressed == state.rules.terminator:
        enough = len(state.keys) >= state.rules.least
        return replace(state, end=EntryEnd.KEYS if enough else EntryEnd.INCOMPLETE)
    keys = state.keys + pressed
    made = len(keys) >= state.rules.most or keys in tuple(state.rules.at_once)
    return replace(state, keys=keys, end=EntryEnd.KEYS if made else None)


def _after_key(state: Collector, at: int) -> Collector:
    if state.end is not None:
        return replace(state, phase=Phase.DONE, deadline=None)
    return _wait(state, Phase.WAITING_NEXT, at)


def _silent(state: Collector, at: int) -> Collector:
    """The prompt is over: the time for the whole entry begins."""
    limit_ms = state.rules.all_keys_ms
    return state if limit_ms is None else replace(state, closes_at=at + limit_ms)


def _wait(state: Collector, phase: Phase, at: int) -> Collector:
    """A key is waited for from ``at`` on."""
    rules = state.rules
    deadline = at + (rules.first_key_ms if phase is Phase.WAITING_FIRST else rules.next_key_ms)
    if state.closes_at is not None:
        deadline = min(deadline, state.closes_at)
    return replace(state, phase=phase, deadline=deadline)
