"""Decisions of the routing core in words that a manager understands."""

from __future__ import annotations

from acd.changes import Change, What
from acd.effects import Exit
from acd.explain import Decision, Verdict
from acd.setup import Strategy
from centre.calls import CallRecord, Outcome
from centre.effects import Answered, OfferEnded, Queued, Released
from config.site import Site, text_in

CANDIDATES_SHOWN = 5
NAMES_SHOWN = 8

_OFFER_ENDS = {
    "declined": "declined the call",
    "no-answer": "let the phone ring",
    "busy": "was busy on the phone",
    "unreachable": "could not be reached",
    "withdrawn": "was not needed any more",
    "customer-not-reached": "was kept for a customer who did not answer the call back",
    "lost": "was never rung, as the engine was killed before",
}

_OUTCOMES = {
    Outcome.ANSWERED: "the conversation is over",
    Outcome.ABANDONED: "the caller gave up",
    Outcome.LEFT_IN_MENU: "the caller hung up in the menu",
    Outcome.SELF_SERVED: "the menu came to its end",
    Outcome.TIMEOUT: "nobody answered in time",
    Outcome.FULL: "the queue was full",
    Outcome.CLOSED: "the queue was closed",
    Outcome.NOBODY_STAFFED: "nobody who could have taken it was at work",
    Outcome.EXIT_KEY: "the caller left the queue by a key",
    Outcome.WITHDRAWN: "a supervisor took it out of the queue",
    Outcome.RELEASED: "the call left the queue and the menu came to its end",
    Outcome.VOICEMAIL: "the caller left a message",
    Outcome.TRANSFERRED: "the caller was connected with a number outside",
    Outcome.TRANSFER_FAILED: "nobody answered outside, or the agent wanted was not to be had",
    Outcome.LOST: "the line lost the call",
    Outcome.CALLBACK: "the caller asked to be called back",
    Outcome.CALLBACK_FAILED: "the customer was not reached",
    Outcome.CALLBACK_DROPPED: "nobody had to be called back any more",
}

_RELEASES = {
    Exit.TIMEOUT: "it waited as long as a call may wait there",
    Exit.FULL: "the queue was full",
    Exit.CLOSED: "the queue was closed",
    Exit.NOBODY_STAFFED: "nobody who could ever take it was at work",
    Exit.KEY: "the caller pressed a key to leave",
    Exit.WITHDRAWN: "a supervisor took it out",
    Exit.LOST: "the line lost the call",
    Exit.UNKNOWN_QUEUE: "the site has no such queue",
    Exit.UNKNOWN_AGENT: "it was for an agent whom the site does not have",
    Exit.AGENT_AWAY: "the agent to whom it was transferred was not at work, or may not take it",
    Exit.AGENT_BUSY: "the agent to whom it was transferred had no hand free",
    Exit.AGENT_UNANSWERED: "the agent to whom it was transferred did not answer",
}

_BETTER = {
    Strategy.BEST_SKILL: "{agent}'s levels in what the call needs had been {amount} higher, added up",
    Strategy.WORST_SKILL: "{agent}'s levels in what the call needs had been {amount} lower, added up",
    Strategy.FEWEST_CALLS: "{agent} had answered {amount} fewer {calls} since signing in",
    Strategy.LEAST_OCCUPIED: "{agent}'s occupancy had been {amount} per cent lower",
    Strategy.LEAST_TALK_TIME: "{agent} had talked {seconds} less since signing in",
    Strategy.ROUND_ROBIN: "{agent} had been offered a call longer ago",
    Strategy.COST: "{agent} had cost {amount} hundredths less an hour",
}

_SCORES = {
    Strategy.BEST_SKILL: "levels {score}",
    Strategy.WORST_SKILL: "levels {score}",
    Strategy.FEWEST_CALLS: "{score} calls answered",
    Strategy.LEAST_OCCUPIED: "occupancy {score} %",
    Strategy.LEAST_TALK_TIME: "talked {seconds}",
    Strategy.COST: "{score} hundredths an hour",
}


def seconds(ms: int) -> str:
    """A duration: “3 s”, “0.3 s”, “2 min 5 s”."""
    if 0 < ms < 9_950:
        return f"{-(-ms // 100) / 10:g} s"
    minutes, rest = divmod(-(-ms // 1_000), 60)
    return " ".join(
        part for part in (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "") if part
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _early(steps: int) -> str:
    return (
        f"{steps} of the steps came before {'its' if steps == 1 else 'their'} time: nobody at work could have been won "
        "by waiting longer for what the call needed before"
    )


class Words:
    """The words for one site."""

    def __init__(self, site: Site, language: str = "en") -> None:
        self._site = site
        self._language = language

    # -- what happened: the first line is the event, the others are its grounds -----------------------------------

    def queued(self, effect: Queued) -> tuple[str, ...]:
        """The call came into a queue."""
        return (f"comes into {self._queue(effect.queue)}",)

    def waits(self, decision: Decision) -> tuple[str, ...]:
        """The call waits."""
        early = (_early(decision.steps_early),) if decision.steps_early else ()
        return (f"waits: nobody can take it now; it needs {decision.needs}", *early, *self._grounds(decision))

    def relaxed(self, decision: Decision) -> tuple[str, ...]:
        """The call needs something else."""
        return (f"waits on, and from now on needs {decision.needs}", *self._grounds(decision))

    def offered(self, decision: Decision) -> tuple[str, ...]:
        """The call goes to an agent."""
        assert decision.agent is not None
        beside = "" if decision.phone == 1 else f" beside {decision.phone - 1} other{'s'[: decision.phone > 2]}"
        head = f"{self._agent(decision.agent)}'s phone rings{beside}: {self._decided_by(decision)}"
        lines = [head, f"it needs {decision.needs}"]
        candidates = [verdict for verdict in decision.verdicts if not verdict.excluded_by]
        if len(candidates) > 1:
            shown = "; ".join(self._candidate(verdict, decision.strategy) for verdict in candidates[:CANDIDATES_SHOWN])
            more = f"; and {len(candidates) - CANDIDATES_SHOWN} more" if len(candidates) > CANDIDATES_SHOWN else ""
            lines.append(f"candidates, first to last: {shown}{more}")
        if decision.steps_early:
            lines.append(_early(decision.steps_early))
        if decision.rivals:
            others = ", ".join(rival.call for rival in decision.rivals[:CANDIDATES_SHOWN])
            lines.append(f"it went before {len(decision.rivals)} waiting: {others}")
        return (*lines, *self._grounds(decision))

    def passed_over(self, decision: Decision, call: str) -> tuple[str, ...]:
        """An agent who might have had ``call`` went to another."""
        assert decision.agent is not None
        mine = next((rival for rival in decision.rivals if rival.call == call), None)
        why = "it comes first"
        if mine is not None and decision.points != mine.points:
            why = f"it has {decision.points} points, this one {mine.points}"
        elif mine is not None and decision.waiting_since < mine.waiting_since:
            why = f"it has waited {seconds(mine.waiting_since - decision.waiting_since)} longer"
        return (
            f"{self._agent(decision.agent)} goes to {decision.call} in {self._queue(decision.queue)} before: {why}",
        )

    def offer_ended(self, effect: OfferEnded) -> tuple[str, ...]:
        """An offer came to nothing."""
        return (f"{self._agent(effect.agent)} {_OFFER_ENDS[effect.how.value]}; the call keeps its place",)

    def answered(self, effect: Answered) -> tuple[str, ...]:
        """Connected."""
        return (f"{self._agent(effect.agent)} answers, after {seconds(effect.waited_ms)} of waiting",)

    def released(self, effect: Released) -> tuple[str, ...]:
        """Out of the queue."""
        return (f"leaves {self._queue(effect.queue)} after {seconds(effect.waited_ms)}: {_RELEASES[effect.why]}",)

    def ended(self, record: CallRecord) -> tuple[str, ...]:
        """Over for the caller."""
        return ("ends" if record.outcome is None else f"ends: {_OUTCOMES[record.outcome]}",)

    # -- grounds --------------------------------------------------------------------------------------------------

    def change(self, change: Change, strategy: Strategy) -> str:  # noqa: PLR0912 - one case for each kind
        """What would have had to be otherwise: goes after “if”."""
        agent = self._agent(change.agent) if change.agent else ""
        match change.what:
            case What.CALL_EARLIER:
                return f"{change.call} had come {seconds(change.amount)} earlier" + (
                    f" ({agent} is idle)" if agent else ""
                )
            case What.NOT_MISSED:
                return f"{agent} had not let this call ring before"
            case What.SCORE:
                amount, calls = change.amount, "call" if change.amount == 1 else "calls"
                words = _BETTER.get(strategy, "{agent} had had a better score")
                return words.format(agent=agent, amount=amount, calls=calls, seconds=seconds(amount))
            case What.LONGER_IDLE:
                return f"{agent} had been idle {seconds(change.amount)} longer"
            case What.FEWER_IN_HAND:
                return f"{agent} had had {change.amount} call{'s'[: change.amount > 1]} fewer in hand"
            case What.LOT:
                return f"the lot had drawn {agent}"
            case What.ORDER:
                return f"{agent} stood earlier in site.yaml"
            case What.NOT_KEPT:
                return "it had not been kept for one agent" + (f": {agent} would have had it" if agent else "")
            case What.NO_PREFERENCE:
                return "queues were all the same to the agent" + (f": {agent} would have had it" if agent else "")
            case What.NOT_DECLINED:
                return f"{agent} had not declined it"
            case What.READY:
                return f"{agent} had been ready" + (f" for more than {seconds(change.amount)}" if change.amount else "")
            case What.LEVELS:
                levels = " and ".join(
                    f"{skill} were {level}" if level else f"{skill} were not there" for skill, level in change.levels
                )
                return f"{agent}'s {levels}"
            case What.MORE_READY:
                return f"{change.amount} more of the agents who may take it had been ready: others come first"

    def _grounds(self, decision: Decision) -> tuple[str, ...]:
        """Who could not have it, and what would have changed that."""
        lines = []
        reasons: dict[str, list[str]] = {}
        for verdict in decision.verdicts:
            if verdict.excluded_by:
                reasons.setdefault(verdict.excluded_by, []).append(self._agent(verdict.agent))
        if reasons:
            lines.append("not possible: " + "; ".join(f"{_some(names)} ({why})" for why, names in reasons.items()))
        if decision.change is not None:
            otherwise = "it would have been otherwise" if decision.agent else "it would not have to wait"
            lines.append(f"{otherwise} if {self.change(decision.change, decision.strategy)}")
        return tuple(lines)

    def _decided_by(self, decision: Decision) -> str:
        match decision.decided_by:
            case "only candidate":
                return "nobody else can take the call now"
            case "has not missed this call":
                return "the next one has let this call ring before"
            case "fewest calls in hand":
                return "has the fewest calls in hand"
            case "longest-idle":
                return "idle for longest"
            case "order of the setup":
                return "as good as the next one, and earlier in site.yaml"
            case "kept for the agent":
                return "the call is kept for this agent"
            case "preference of the agent":
                return "prefers calls of this queue"
            case other:
                return f"first by {other.replace('-', ' ')}"

    def _candidate(self, verdict: Verdict, strategy: Strategy) -> str:
        parts = []
        score = verdict.score or 0
        if strategy in _SCORES:
            parts.append(_SCORES[strategy].format(score=score, seconds=seconds(score)))
        if verdict.in_hand:
            parts.append(f"{verdict.in_hand} in hand")
        if verdict.idle_ms is not None:
            parts.append(f"idle for {seconds(verdict.idle_ms)}")
        return f"{self._agent(verdict.agent)} ({', '.join(parts)})"

    def _agent(self, agent: str) -> str:
        return self._site.agents[agent].name if agent in self._site.agents else agent

    def _queue(self, queue: str) -> str:
        return text_in(self._site.queues[queue].title, self._language) if queue in self._site.queues else queue
