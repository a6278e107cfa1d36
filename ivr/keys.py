"""How keys are gathered for a question, and how often it is asked."""

from __future__ import annotations

from msgspec import Struct


class KeyRules(Struct, frozen=True, kw_only=True):
    """How keys are gathered. Times in milliseconds."""

    least: int = 1
    most: int = 1
    terminator: str = "#"
    """Ends the entry early and is not part of it; empty: no such key."""
    first_key_ms: int = 6_000
    """From the end of the prompt to the first key."""
    next_key_ms: int = 3_000
    """Between two keys."""
    all_keys_ms: int | None = None
    """From the end of the prompt to the last key, however fast the keys follow each other; None: no such limit."""
    barge_in: bool = True
    """A key interrupts the prompt, and is the first key of the entry."""
    sensitive: bool = False
    """A PIN or a card number: the engine is told dots, and the line alone keeps what was typed."""
    at_once: str = ""
    """Keys that make the whole entry when they are pressed first: “repeat” in the middle of a question for digits."""
    type_ahead: bool = True
    """Keys pressed before this question count as its first; otherwise they are forgotten when it begins."""

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"an entry of {self.least} to {self.most} keys cannot be made")

    @property
    def longest_ms(self) -> int:
        """As long as an entry may take from the end of its prompt on."""
        one_by_one_ms = self.first_key_ms + (self.most - 1) * self.next_key_ms
        return one_by_one_ms if self.all_keys_ms is None else min(one_by_one_ms, self.all_keys_ms)


class Attempts(Struct, frozen=True, kw_only=True):
    """How often a caller is asked, and what is said before asking again."""

    most: int = 3
    no_input_prompts: tuple[str, ...] = ()
    """After silence: the first after the first attempt, and so on, the last from then on; empty: nothing is said."""
    no_match_prompts: tuple[str, ...] = ()
    """The same after an entry that does not fit."""

    def said_before(self, attempt: int, *, silent: bool) -> str | None:
        """The prompt before the question is asked for the ``attempt``-th time after the first (1, 2, …)."""
        prompts = self.no_input_prompts if silent else self.no_match_prompts
        return prompts[min(attempt, len(prompts)) - 1] if prompts else None
