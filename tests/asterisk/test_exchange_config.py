"""The shipped configuration holds together: read as files by pyst2's reader, and as Asterisk itself understood it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asterisk.config import Config

from cti.asterisk import dialplan
from tests.asterisk.kit.asterisk import Asterisk
from tests.asterisk.kit.program import DIALPLAN, find_asterisk

FILES = sorted(DIALPLAN.rglob("*.conf"))
TARGET = re.compile(r"\b(?:Goto|Gosub)\(([^()]*)|\bGotoIf\(.*\?([^:)]+)\)")


class ConfFile(Config):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's reader, helped over what it does not know: #include lines, templates, and escaped semicolons."""

    def load(self) -> None:
        lines = Path(self.filename).read_text().splitlines()
        kept = [line for line in lines if not line.startswith("#")]
        self.raw_lines = [
            re.sub(r"^(\[[^\]]+\])\([^)]*\)", r"\1", line).replace("\\;", "<semicolon>") + "\n" for line in kept
        ]

    def values(self, section: str, name: str) -> list[str]:
        """Every value of *name* in every section called so."""
        sections = [one for one in self.categories if one.name == section]
        return [item.value.strip() for one in sections for item in one.items if item.name == name]


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(DIALPLAN)) for file in FILES])
def test_a_file_is_readable_and_holds_no_secret(file: Path) -> None:
    conf = ConfFile(str(file))
    names = {item.name for section in conf.categories for item in section.items}
    assert not names & {"secret", "password"}


def test_an_include_names_a_file_that_is_there() -> None:
    for file in FILES:
        for target in re.findall(r"^#include (\S+)", file.read_text(), re.MULTILINE):
            assert (DIALPLAN / target).is_file(), f"{file.name} includes {target}"


def extensions() -> dict[str, dict[str, set[str]]]:
    """Context, extension, and the priorities and labels in it."""
    found: dict[str, dict[str, set[str]]] = {}
    for section in ConfFile(str(DIALPLAN / "extensions.conf")).categories:
        if section.name in ("general", "globals"):
            continue
        context = found.setdefault(section.name, {})
        exten, number = "", 0
        for item in section.items:
            parts = item.value.split(",", 2)
            if item.name == "exten":
                exten, number, step = parts[0].strip(), 0, parts[1]
            else:
                step = parts[0]
            number += 1
            label = re.search(r"\((\w+)\)", step)
            context.setdefault(exten, set()).update({str(number), label[1] if label else str(number)})
    return found


def test_every_goto_leads_somewhere() -> None:
    there = extensions()
    checked = 0
    for section in ConfFile(str(DIALPLAN / "extensions.conf")).categories:
        for item in section.items:
            for goto, branch in TARGET.findall(item.value):
                target = (goto or branch).split(",")
                if "$" in target[0] or not re.fullmatch(r"[\w-]+", target[0]):
                    continue
                if len(target) == 3:
                    context, exten, step = target
                    assert step in there[context][exten], f"[{section.name}] goes to {target}"
                elif len(target) == 1:
                    labels = set().union(*there[section.name].values())
                    assert target[0] in labels, f"[{section.name}] goes to the label {target[0]}"
                else:
                    assert target[1] in there[section.name][target[0]], f"[{section.name}] goes to {target}"
                checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    ("context", "exten"),
    [
        (dialplan.MENU, "s"),
        (dialplan.WAIT, "s"),
        (dialplan.DIAL, "_X."),
        (dialplan.JOIN, "s"),
        (dialplan.HOLD, "s"),
        (dialplan.AGENT, "hold"),
        (dialplan.AGENT, "talk"),
    ],
)
def test_where_the_engine_moves_calls_there_is_an_extension(context: str, exten: str) -> None:
    assert "1" in extensions()[context][exten]


def test_the_manager_listens_on_loopback_and_its_account_has_no_more_rights_than_it_needs() -> None:
    conf = ConfFile(str(DIALPLAN / "manager.conf"))
    assert conf.values("general", "bindaddr") == ["127.0.0.1"]
    assert conf.values("general", "webenabled") == ["no"]
    assert conf.values("general", "timestampevents") == ["yes"]
    assert set(conf.values("holdless-account", "write")[0].split(",")) == {"call", "originate", "reporting"}
    assert set(conf.values("holdless-account", "read")[0].split(",")) == {"system", "call", "user", "dtmf"}


def test_events_carry_every_variable_that_the_engine_reads() -> None:
    (sent,) = ConfFile(str(DIALPLAN / "manager.conf")).values("general", "channelvars")
    wanted = {dialplan.ID, dialplan.ENTRY, dialplan.DATA, dialplan.CALL, dialplan.OFFER}
    assert wanted <= set(sent.split(","))


def test_every_module_is_one_that_asterisk_has() -> None:
    conf = ConfFile(str(DIALPLAN / "modules.conf"))
    wanted = conf.values("modules", "load")
    assert conf.values("modules", "autoload") == ["no"]
    missing = [name for name in wanted if not (find_asterisk().modules / name).exists()]
    assert not missing
    assert len(wanted) == len(set(wanted))


def test_asterisk_knows_every_application_and_function_of_the_dialplan(asterisk: Asterisk) -> None:
    text = "\n".join(
        line for line in (DIALPLAN / "extensions.conf").read_text().splitlines() if not line.strip().startswith(";")
    )
    applications = set(re.findall(r"^(?:exten| same) =>[^(]*?(?:\(\w+\))?,(\w+)\(", text, re.MULTILINE))
    functions = set(re.findall(r"\$\{([A-Z_0-9]+)\(", text)) | set(re.findall(r"Set\(([A-Z_]+)\(", text))
    assert {"AGI", "Dial", "Bridge", "UserEvent"} <= applications
    assert {"FILTER", "CALLERID", "PJSIP_HEADER", "TIMEOUT"} <= functions
    unknown = [
        name
        for name in applications
        if "application(s) is (are) not registered" in asterisk.cli(f"core show application {name}")
    ]
    unknown += [name for name in functions if "No function by that name" in asterisk.cli(f"core show function {name}")]
    assert not unknown
