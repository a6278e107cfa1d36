#!/usr/bin/env python3
"""Asks a caller for the queue while no engine runs, for the engine to find when it is back.

An AGI script for Asterisk's own machine; it needs Python 3.11 and pyst2 (pip install pyst2==0.5.1). In
site/extensions.conf, with the prompt's file name, the language the callers are served in, and a queue for each key:

    [globals](+)
    CC_ALONE = holdless-alone.py,bank/alone-menu,en,1=cards,2=loans

It plays the prompt up to three times and writes the choice into the channel variable CC_DATA, in the engine's own form
(WaitingPlace in cti/asterisk/dialplan.py). Whatever happens, the dialplan goes on to the waiting place.
"""

import json
import os
import sys
import time

from asterisk.agi import AGI, AGIException

TRIES = 3
WAIT_MS = 5_000


def main(arguments: list[str]) -> int:
    """Ask, and note the answer; 0 also when there was none, or the caller hung up meanwhile."""
    if len(arguments) < 3 or any(len(pair) < 3 or pair[1] != "=" for pair in arguments[2:]):
        sys.stderr.write(f"usage: {os.path.basename(__file__)},PROMPT,LANGUAGE,KEY=QUEUE,...\n")
        return 2
    prompt, language = arguments[:2]
    queues = dict(pair.split("=", 1) for pair in arguments[2:])
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # pyst2 writes who calls to stderr
        try:
            agi = AGI(stderr=nowhere)
            queue = ask(agi, prompt, queues)
            if queue is not None:
                note(agi, queue, language)
        except AGIException:
            pass  # the caller hung up; Asterisk knows
    return 0


def ask(agi: AGI, prompt: str, queues: dict[str, str]) -> str | None:
    """The queue of the key that was pressed, None after three tries without one."""
    for _ in range(TRIES):
        key = agi.stream_file(prompt, "".join(queues)) or agi.wait_for_digit(WAIT_MS)
        if key in queues:
            return queues[key]
    return None


def note(agi: AGI, queue: str, language: str) -> None:
    """Write CC_DATA: waiting for *queue* since now."""
    now_ms = time.time_ns() // 1_000_000
    place = {"q": queue, "t": now_ms, "l": language, "n": [], "p": 0}
    text = json.dumps(place, separators=(",", ":"))
    # pyst2 puts quotes around a value but escapes nothing in it
    agi.set_variable("CC_DATA", text.replace("\\", "\\\\").replace('"', '\\"'))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
