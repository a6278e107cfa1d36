"""What is wrong with a site is said with its place and with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.sites import copy_of_the_bank, expected_at, refused

SITE, FLOW, PROMPTS, WORK = "site.yaml", "flows/main.yaml", "prompts.yaml", "workload.yaml"

UNKNOWN_SETTINGS = [
    (SITE, "    wrap_up: 30 s", "    ‸wrapup: 30 s", "“wrapup” is not known here; did you mean “wrap_up”?"),
    (SITE, "misses_allowed: 2", "‸missed: 2", "“missed” is not known here; did you mean “misses_allowed”?"),
    (SITE, "{after: 45 s", "{‸afer: 45 s", "“afer” is not known here; did you mean “after”?"),
    (SITE, "ami: {host", "ami: {‸hots", "“hots” is not known here; did you mean “host”?"),
    (FLOW, "{do: say, prompt: welcome", "{do: say, ‸promt: welcome", "did you mean “prompt”?"),
    (FLOW, "keys: {least: 4", "keys: {‸lest: 4", "“lest” is not known here; did you mean “least”?"),
    (FLOW, '"1": {next: in-eng', '"1": {‸nxt: in-eng', "“nxt” is not known here; did you mean “next”?"),
    (WORK, "unanswered: 2 %", "‸unasnwered: 2 %", "did you mean “unanswered”?"),
    (
        SITE,
        "asterisk:  ",
        "‸zzz: 1\nasterisk:  ",
        "“zzz” is not known here; there is name, time_zone, languages, entry, skills, channels, queues, agents, "
        "calendars, not_ready_reasons, dispositions, misses_allowed, …",
    ),
]

MISSING_SETTINGS = [
    (SITE, "    title: {en: Loans,", "    ‸: {en: Loans,", "the key is missing here"),
    (SITE, "  loans:\n    title", "  ‸loans:\n    #", "“title” is missing here; add “title: …”"),
    (SITE, "ami: {host", "‸ami: {secret_file: x, port: 1}\n  fastagi: {host", "“user” is missing here; add “user: …”"),
    (SITE, "time_zone: Europe/Kyiv", "", "“time_zone” is missing here; add “time_zone: …”"),
    (FLOW, "  sorry: {do: hangup, prompt: sorry}", "  ‸sorry: {prompt: sorry}", "“do” is missing here; add “do: …”"),
    (FLOW, "otherwise: technical\n", "\n", "“otherwise” is missing here; add “otherwise: …”"),
    (PROMPTS, "welcome:\n", "‸welcome:\n  en: Hello\nother:\n", "“welcome” has no text in uk; add it"),
    (WORK, "{law: lognormal, mean: 4 s, sd: 2 s}", "{law: lognormal, mean: 4 s}", "“sd” is missing here; add “sd: …”"),
    (WORK, "  loans: {law", "  # {law", "how long calls of loans last is missing; add a law"),
]

UNKNOWN_NAMES = [
    (SITE, "needs: cards >= 2", "needs: ‸crads >= 2", "“crads” is no skill; did you mean “cards”?"),
    (SITE, "needs: cards >= 2", 'needs: "english and ‸crads"', "“crads” is no skill; did you mean “cards”?"),
    (SITE, "needs: loans\n", "needs: loans and ‸loan\n", "“loan” is no skill; did you mean “loans”?"),
    (SITE, "needs: cards}", "needs: ‸card}", "“card” is no skill; did you mean “cards”?"),
    (SITE, "skills: {cards: 9", "skills: {‸card: 5", "“card” is no skill; did you mean “cards”?"),
    (SITE, "played: [taras", "played: [‸tara", "“tara” is no agent; did you mean “taras”?"),
    (SITE, "entry: main", "entry: ‸mian", "“mian” is no flow; did you mean “main”?"),
    (SITE, "Europe/Kyiv", "‸Europe/Kyev", "“Europe/Kyev” is no time zone; write an IANA name, such as “Europe/Kyiv”"),
    (SITE, "wait_limit: 20 min", "calendar: ‸loan-desk", "“loan-desk” is no calendar; did you mean “loans-desk”?"),
    (FLOW, "otherwise: sorry}", "exits: {timeout: ‸sory}, otherwise: sorry}", "did you mean “sorry”?"),
    (FLOW, "prompt: please-wait, other", "waiting: ‸sory, other", "did you mean “sorry”?"),
    (FLOW, "otherwise: sorry}", "exits: {‸late: sorry}, otherwise: sorry}", "“late” is not one of the choices"),
    (SITE, "strategy: best-skill", "strategy: ‸best-skil", "is not one of the choices; did you mean “best-skill”?"),
    (FLOW, "start: welcome", "start: ‸welcom", "“welcom” is no node of this flow; did you mean “welcome”?"),
    (
        FLOW,
        "next: choose-language}",
        "next: ‸choose}",
        "“choose” is no node of this flow; did you mean “choose-language”?",
    ),
    (FLOW, "{next: technical", "{next: ‸tehcnical", "“tehcnical” is no node of this flow; did you mean “technical”?"),
    (FLOW, "otherwise: technical", "otherwise: ‸xyz", "“xyz” is no node of this flow; there is welcome,"),
    (FLOW, "prompt: main-menu", "prompt: ‸main-men", "is no prompt in prompts.yaml; did you mean “main-menu”?"),
    (FLOW, "no_input: no-input", "no_input: ‸noinput", "is no prompt in prompts.yaml; did you mean “no-input”?"),
    (FLOW, "prompt: please-wait", "prompt: ‸pleasewait", "is no prompt in prompts.yaml; did you mean “please-wait”?"),
    (FLOW, "queue: cards,", "queue: ‸card,", "“card” is no queue; did you mean “cards”?"),
    (FLOW, "calendar: loans-desk", "calendar: ‸loan-desk", "is no calendar; did you mean “loans-desk”?"),
    (FLOW, "language: uk,", "language: ‸ru,", "“ru” is no language of this site; there is en, uk"),
    (FLOW, "\nlanguage: en", "\nlanguage: ‸ru", "“ru” is no language of this site; there is en, uk"),
    (FLOW, "needs: english", "needs: ‸englisch", "“englisch” is no skill; did you mean “english”?"),
    (FLOW, "do: collect", "do: ‸colect", "“colect” is not one of the choices; did you mean “collect”?"),
    (WORK, "wants: cards", "wants: ‸card", "“card” is no queue; did you mean “cards”?"),
    (WORK, "keys: {choose-language:", "keys: {‸choose-langage:", "did you mean “choose-language”?"),
    (WORK, "  loans: {law", "  ‸loan: {law", "“loan” is no queue; did you mean “loans”?"),
    (WORK, "law: exponential", "law: ‸exponental", "did you mean “exponential”?"),
    (WORK, "agents: [olena", "agents: [‸olen", "“olen” is no agent; did you mean “olena”?"),
]

WRONG_VALUES = [
    (SITE, "wrap_up: 30 s", "wrap_up: ‸-30 s", "“-30 s” is negative; a duration is 0 s or longer"),
    (SITE, "wrap_up: 30 s", "‸wrap_up:", "nothing stands here; write one value, or leave the setting out"),
    (SITE, "wrap_up: 30 s", "wrap_up: ‸[30 s]", "a list stands here; write one value"),
    (SITE, "wrap_up: 30 s", "wrap_up: ‸true", "“true” is no duration; write a number and a unit"),
    (SITE, "strategy: best-skill", "strategy: ‸{a: b}", "a group of settings stands here; write one value"),
    (SITE, "time_zone: Europe/Kyiv", "time_zone: ‸lisbon", "write an IANA name, such as “Europe/Lisbon”"),
    (SITE, "time_zone: Europe/Kyiv", "time_zone: ‸xyzzy", "write an IANA name, such as “Europe/Kyiv”"),
    (FLOW, "do: collect", "‸do:", "nothing is not one of the choices; write say, menu, collect,"),
    (SITE, "wrap_up: 30 s", "wrap_up: ‸30", "30 has no unit; write it as “30 s” (or ms, min, h)"),
    (SITE, "wrap_up: 30 s", "wrap_up: ‸30 sec", "“30 sec” is no duration; write “30 s”"),
    (SITE, "wrap_up: 30 s", "wrap_up: ‸25 h", "“25 h” is longer than a day; write a shorter duration"),
    (
        SITE,
        "ring: 20 s",
        "ring: 20 s\n    phones: {at_once: 3, most: 2, add_every: ‸5 s}",
        "3 phones ring at once and 2 are the most: none is ever added; raise “most”",
    ),
    (SITE, "ring: 20 s", "ring: 20 s\n    phones: ‸{most: 2}", "add “add_every: 5 s”, or leave it out"),
    (SITE, "ring: 20 s", "ring: ‸0 s", "this cannot take no time at all; write a duration longer than 0"),
    (SITE, "target: 80 %", "target: ‸0.8", "0.8 is not a share; write it in per cent, such as “80 %”"),
    (SITE, "target: 80 %", "target: ‸101 %", "“101 %” is more than everything; write 100 % or less"),
    (SITE, "cards: 9", "cards: ‸11", "11 does not fit; write 10 or less"),
    (SITE, "cards: 9", "cards: ‸0", "0 does not fit; write 1 or more"),
    (SITE, "cards: 9", 'cards: ‸"5"', "“5” is a text; write a whole number, without quotes"),
    (SITE, "cards: 9", "cards: ‸high", "“high” does not fit; write a whole number"),
    (SITE, "cards: 9", "‸cards: ", "nothing stands here; write a whole number, or leave the setting out"),
    (SITE, "waiting_limit: 50", "waiting_limit: ‸2.5", "“2.5” does not fit; write a whole number"),
    (SITE, "name: Olena Kovalenko", "name: ‸0123", 'this must be a text; quote it: "0123"'),
    (SITE, "name: Olena Kovalenko", "name: ‸+380501110001", 'this must be a text; quote it: "+380501110001"'),
    (SITE, "name: Olena Kovalenko", "name: ‸true", 'this must be a text; quote it: "true"'),
    (SITE, "name: Olena Kovalenko", 'name: ‸"a\\nb"', "write a text of one line, without control characters"),
    (SITE, "name: Olena Kovalenko", "name: ‸''", "this is empty; write something, or leave the setting out"),
    (SITE, "  olena: {", "  ‸ole na: {", "“ole na” does not fit; write a name: letters, digits, hyphens"),
    (SITE, "  technical: {en", "  ‸tech-nical: {en", "write a skill's name: small letters, digits and underscores"),
    (SITE, "  technical: {en", "  ‸not: {en", "“not” has a meaning in requirements and cannot be a skill"),
    (
        SITE,
        "{en: Cards, ru: Карты, uk: Картки}",
        "[Cards‸}",
        "check brackets, quotes, colons and indentation here and above",
    ),
    (SITE, "title: {en: Loans,", "title: {‸english: Loans,", "write a language code, such as en, uk or pt-BR"),
    (SITE, "languages: [en, uk]", "languages: ‸en", "“en” does not fit; write a list, even of one: [en]"),
    (SITE, "virtual:  ", "virtual: ‸now\nvirtual2:  ", "“now” does not fit; write a group of settings"),
    (SITE, 'sat: ["10:00-14:00"]', 'sat: [‸"10-14"]', '“10-14” is no span of hours; write it like "09:00-18:00"'),
    (SITE, 'sat: ["10:00-14:00"]', 'sat: [‸"10:00-24:30"]', "is no span of hours"),
    (SITE, 'sat: ["10:00-14:00"]', "sat: ‸open", "“open” does not fit; write a list, even of one: [open]"),
    (SITE, "sat: [", "‸satur: [", "“satur” is no day or span of days; write it like “sat”"),
    (SITE, "sat: [", "‸fri-sat: [", "fri has hours already; name every day once"),
    (SITE, '"2026-12-25": closed', '‸"2026-13-25": closed', "“2026-13-25” is not in the calendar"),
    (SITE, '"2026-12-25": closed', '‸"25.12.2026": closed', "“25.12.2026” is no date"),
    (SITE, "needs: cards >= 2", "needs: cards >‸", "is not a requirement"),
    (SITE, "needs: cards >= 2", "needs: ‸cards >= 12", "levels run from 1 to 10"),
    (SITE, "needs: cards >= 2", "needs: ‸__import__('os')", "write a requirement: skills and levels"),
    (SITE, "{after: 45 s, needs: cards}", "{after: 45 s}\n      - {after: ‸45 s}", "order steps by time"),
    (SITE, "languages: [en, uk]", "languages: ‸[en, uk, en]", "“en” stands here twice; keep one"),
    (SITE, "port: 5038", "port: ‸65536", "65536 does not fit; write 65535 or less"),
    (SITE, "host: 127.0.0.1, port: 5038", "host: ‸'a b', port: 5038", "write a host name or an address"),
    (SITE, "secret_file: asterisk.secret", "secret_file: ‸../../etc/passwd", "write a file inside the site's folder"),
    (SITE, "customers: customers.csv", "customers: ‸/etc/passwd", "write a file inside the site's folder"),
    (SITE, '"PJSIP/{agent}"', '‸"PJSIP/all&SIP/x"', "write an Asterisk endpoint, such as PJSIP/olena"),
    (SITE, '"PJSIP/{agent}"', '‸"PJSIP/all"', "every agent would have the same phone; write {agent} where"),
    (SITE, "\n  olena:", "\n  ‸" + "o" * 55 + ":", "make a phone of more than 60 characters"),
    (SITE, "calls_per_hour: 110", "calls_per_hour: ‸-1", "-1 does not fit; write 0 or more"),
    (FLOW, '"1": {next: in-eng', "‸1: {next: in-eng", 'keys are text; quote it: "1"'),
    (FLOW, '"1": {next: in-eng', '‸"11": {next: in-eng', 'write one key of a telephone: "0" to "9", "*" or "#"'),
    (FLOW, "{most: 2,", "{most: ‸0,", "0 does not fit; write 1 or more"),
    (FLOW, "keys: {least: 4, most: 4}", "keys: {least: 4, most: ‸3}", "most is 3, but least is 4; write 4 or more"),
    (
        FLOW,
        "keys: {least: 4, most: 4}",
        "keys: {least: 4, all_keys: ‸5 s}",
        "one key alone may take 6 s; write that or more",
    ),
    (FLOW, "most: 4}", "most: 4, barge_in: ‸yes}", "“yes” is only a word in YAML 1.2; write true"),
    (FLOW, "most: 4}", "most: 4, barge_in: ‸maybe}", "“maybe” does not fit; write true or false"),
    (FLOW, "most: 4}", "most: 4, terminator: ‸A}", "“A” is not one of the choices; write empty quotes, *, #"),
    (FLOW, "{do: hangup, prompt: sorry}", "‸hangup", "“hangup” does not fit; write a group of settings"),
    (PROMPTS, "  en: Sorry, I did not hear a key.", "  en: ‸7", 'this must be a text; quote it: "7"'),
    (PROMPTS, "no-match:", "‸../../secret:", "“../../secret” does not fit; write a name"),
    (WORK, '"1", card-number: "4321"', '"1", card-number: ‸0123', 'this must be a text; quote it: "0123"'),
    (WORK, '"1", card-number: "4321"', '"1", card-number: ‸"12a"', "write keys of a telephone"),
    (WORK, '"07:00": 20', '‸"7:00": 20', '“7:00” is no time of day; write it like "07:00"'),
    (WORK, '"07:00": 20', '"23:00": 20\n  ‸"07:00": 20', "order times"),
    (WORK, "21:00", '23:00": 0\n  ‸"21:00', "this time comes before the one above; order times"),
    (WORK, "share: 3,", "share: ‸0,", "0 does not fit; write more than 0"),
    (WORK, "share: 3,", "share: ‸.inf,", "“.inf” does not fit; write a number"),
    (WORK, "mean: 3 min", "mean: ‸0 s", "this cannot take no time at all"),
    (WORK, '["12:30-13:00"]', '[‸"07:30-08:30"]', "this break is not within the shift, 08:00-17:00"),
    (WORK, 'to: "08:00"}', 'to: ‸"20:00"}', "the shift ends when it begins; write a later time"),
    (WORK, "share: 3, wants: cards", "wants: cards", "nothing says how many of them call; add “share: 1”"),
    (WORK, "share: 3,", 'share: ‸3, calls_per_hour: {"00:00": 1},', "have rates of their own; delete the share"),
    (WORK, "unanswered: 2 %", "weekdays: {mon-fri: 100 %, ‸fri: 90 %}", "fri has a factor already"),
    (WORK, "unanswered: 2 %", "weekdays: {sun: ‸1.2}", "1.2 is no factor; write it in per cent, such as “120 %”"),
    (WORK, "unanswered: 2 %", "weekdays: {sun: ‸1200 %}", "is out of reach; write 1000 % or less"),
    (WORK, "unanswered: 2 %", "absence: {shrinkage: ‸100 %}", "nobody would ever be there; write less than 100 %"),
    (
        WORK,
        "unanswered: 2 %",
        "handling_by_level: {‸card: {skill: cards, steps: [{level: 1, factor: 1 %}]}}",
        "no queue",
    ),
    (
        WORK,
        "unanswered: 2 %",
        "handling_by_level: {cards: {skill: ‸card, steps: [{level: 1, factor: 1 %}]}}",
        "no skill",
    ),
    (
        WORK,
        "unanswered: 2 %",
        "handling_by_level: {cards: {skill: cards, steps: [{level: 3, factor: 1 %}, {level: ‸3, factor: 2 %}]}}",
        "this level is not above the one before; order steps",
    ),
    (
        WORK,
        "unanswered: 2 %",
        "transfers: [{queue: cards, to: ‸nobody, share: 5 %}]",
        "is no kind of callers; there is",
    ),
    (
        WORK,
        "unanswered: 2 %",
        "transfers: [{queue: loans, to: callers-1, share: 60 %}, {queue: loans, to: callers-2, share: ‸50 %}]",
        "more than all callers of loans are sent on; write smaller shares",
    ),
    (
        WORK,
        'card-number: "4321"}}\n  - {share: 5',
        'card-number: "4321"}, name: callers-2}\n  - ‸{share: 5',
        "“callers-2” stands here twice; give each its own name",  # the second one is called so without a name
    ),
    (WORK, "share: 5, wants", "name: ‸callers-1, share: 5, wants", "“callers-1” stands here twice; give each"),
    (WORK, "patience: {law: exponential, mean: 3 min}", "patience: ‸{law: empirical}", "an empirical law has either"),
    (WORK, "unanswered: 2 %", "retry: {after_abandon: 40 %}", "“delay” is missing here; add “delay: …”"),
]

MENUS_THAT_LEAD_ASTRAY = [
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        '{do: transfer, number: ‸"+380441234567", otherwise: main}',
        "“+380441234567” is no name; give the number one in site.yaml, such as outside_numbers: {night-service: ",
    ),
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        "{do: transfer, number: ‸on-duty, otherwise: main}",
        "“on-duty” is no number outside that site.yaml names; there is none yet; see outside_numbers",
    ),
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        "{do: transfer, agent: ‸olna, queue: cards, otherwise: main}",
        "“olna” is no agent, and no variable of this flow; did you mean “olena”?",
    ),
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        "{do: transfer, agent: olena, queue: ‸card, otherwise: main}",
        "“card” is no queue; did you mean “cards”?",
    ),
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        '{do: transfer, agent: "‸1 + 1", queue: cards, otherwise: main}',
        "this has to be a text; what stands here is a number",
    ),
    (SITE, "entry: main", 'entry: main\noutside_numbers: ‸["+38044*"]', "each number has a name, which flows go by"),
    (SITE, "entry: main", 'entry: main\noutside_numbers: {‸"112": "112"}', "“112” is no name; give the number one"),
    (SITE, "entry: main", 'entry: main\noutside_numbers: {duty: ‸"+38044*"}', "does not fit; write a telephone number"),
    (
        FLOW,
        "{do: hangup, prompt: sorry}",
        "{do: voicemail, prompt: sorry, longest: ‸16 min, next: main, otherwise: main}",
        "a message may last 15 min at most; write a shorter duration",
    ),
    (
        SITE,
        "wait_limit: 20 min",
        "at_closing: ‸leave",
        "this queue never closes; give it a calendar, or leave this out",
    ),
    (SITE, 'endpoint: "PJSIP', 'trunk: ‸PJSIP/carrier\n  endpoint: "PJSIP', "write {number} where the number goes"),
    (
        FLOW,
        "  sorry: {",
        "  ‸lost: {do: hangup}\n  sorry: {",
        "nothing leads to “lost” from “welcome”; lead an edge here, or delete the node",
    ),
    (
        FLOW,
        "  loans-closed: {do: say, prompt: loans-closed, next: main}",
        "  loans-closed: {do: say, prompt: loans-closed, next: ‸loans-hours}",
        "the call can go round without ever being asked: loans-hours → loans-closed → loans-hours; "
        "lead this edge out of the circle",
    ),
]

HELLO = "  en: Welcome to First Meadow Bank."
MARKED = [
    (PROMPTS, HELLO, "  en: {ssml: 'Hello, ‸<b>you</b>'}", "<b> cannot be spoken; there is <break>, <emphasis>"),
    (PROMPTS, HELLO, '  en: {ssml: "Hello <break>‸you</break>"}', "<break> holds no words"),
    (PROMPTS, HELLO, "  en:\n    ssml: |\n      Hello\n        <s>you, ‸<p>you</p></s>", "<p> cannot stand inside <s>"),
    (PROMPTS, HELLO, "  en:\n    ssml: ‸>\n      Hello\n      <b>you</b>", "<b> cannot be spoken"),
    (PROMPTS, HELLO, "  en: {ssml: Hello, ‸txt: Hello}", "“txt” is not known here; did you mean “text”?"),
    (PROMPTS, HELLO, "  ‸en: {text: Hello}", "“ssml” is missing here; add “ssml: …”"),
    (PROMPTS, HELLO, '  en: {ssml: ‸""}', "this is empty"),
    (PROMPTS, HELLO, "  en: {ssml: Hello, text: '{‸you}'}", "write a name, a colon and how to read it"),
    (PROMPTS, HELLO, "  en: {ssml: 'Hello {‸you}'}", "write a name, a colon and how to read it"),
    (PROMPTS, HELLO, "  en: ‸[Hello]", "a list stands here; write"),
    (PROMPTS, HELLO, "  en: {ssml: ‸'<s>{n:plural one=a}</s>'}", "en needs one, other"),
]

UNREADABLE = [
    (SITE, "time_zone:", "‸\ttime_zone:", "a tab stands here; YAML is indented with spaces"),
    (SITE, "entry: main", "entry: main\n‸entry: main", "“entry” stands here twice, first in line 9; keep one"),
    (SITE, "languages: [en, uk]", "languages: [en, uk", "this is not YAML"),
    (SITE, "entry: main", "‸entry main", "a colon and a value are missing here; write “name: value”"),
    (SITE, "entry: main", "entry: ‸*main", "*main has no anchor &main before it"),
    (SITE, "entry: main", "entry: ‸!!python/name:os.system main", "tags such as"),
    (SITE, "entry: main", "‸<<: {entry: main}", "merge keys (<<) are not part of YAML 1.2; write the settings out"),
    (SITE, "entry: main", "‸[a, b]: main", "a key must be a single word or text"),
    (PROMPTS, "choose-language:", "‸---\nchoose-language:", "a second document begins here; keep one document a file"),
]


CHANNELS = [
    (SITE, "needs: loans\n", "needs: loans\n    channel: ‸chat\n", "“chat” is no channel; there is voice"),
    (SITE, "skills:\n", "channels: {chat: {interrupted_by: [‸voic]}}\nskills:\n", "did you mean “voice”?"),
    (
        SITE,
        "skills:\n",
        "channels: {chat: {interrupted_by: [‸chat]}}\nskills:\n",
        "how many of “chat” go together is its capacity; leave this out",
    ),
    (SITE, "skills: {cards: 9", "capacity: {‸chat: 2}, skills: {cards: 9", "“chat” is no channel; there is voice"),
    (
        SITE,
        "skills: {cards: 9",
        "capacity: {voice: ‸2}, skills: {cards: 9",
        "a telephone has one caller in it, not 2; write 1, or 0 for no telephone calls",
    ),
    (SITE, "skills:\n", "channels: {voice: {capacity: ‸2}}\nskills:\n", "a telephone has one caller in it, not 2"),
    (
        SITE,
        "    waiting_limit: 50\n",
        "    channel: chat\n    relax: [{after: 1 min, spill: {to: ‸cards}}]\nchannels: {chat: {}}\n",
        "a call of chat cannot become one of voice; name a queue of chat",
    ),
    (
        SITE,
        "    waiting_limit: 50\n",
        "    channel: chat\n    ‸callback: {}\nchannels: {chat: {}}\n",
        "nobody is called back from a queue of chat; leave this out",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        *UNKNOWN_SETTINGS,
        *MISSING_SETTINGS,
        *UNKNOWN_NAMES,
        *WRONG_VALUES,
        *CHANNELS,
        *MENUS_THAT_LEAD_ASTRAY,
        *MARKED,
        *UNREADABLE,
    ],
)
def test_a_mistake_is_shown_at_its_place_with_advice(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    site = copy_of_the_bank(tmp_path)
    place = expected_at(site, file, old, new)
    found = [str(finding) for finding in refused(site).findings]
    assert any(line.startswith(place) and message in line for line in found), (place, message, found)
