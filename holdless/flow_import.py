"""``holdless flow import``: menus of other systems as flows of ours, in a new site or in one that is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Protocol

import typer

from config.errors import SiteError
from config.imports.connect.importer import import_connect
from config.imports.dialplan.importer import import_dialplan
from config.imports.draft import Draft
from config.imports.names import as_name
from config.imports.source import read_source
from config.imports.studio.importer import import_studio
from config.imports.writing import bindings, is_of_the_empty_queue, write_site
from config.loader import load_and_warn
from holdless.refusal import refuse

app = typer.Typer(help="Make flows of menus that other systems export.", no_args_is_help=True, rich_markup_mode=None)

Source = Annotated[Path, typer.Argument(help="The exported file.")]
Out = Annotated[
    Path | None,
    typer.Option(help="The site's folder: an existing one gets one more flow. A new one beside you if not given."),
]
FlowName = Annotated[str, typer.Option("--name", help="What the flow is to be called; by its own title if not given.")]
HandOver = Annotated[
    str, typer.Option(help="A queue for calls that come to something which cannot be imported; they end if not given.")
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@app.command()
def studio(
    file: Source,
    out: Out = None,
    name: FlowName = "",
    hand_over: HandOver = "",
    part: Annotated[
        list[str] | None, typer.Option(help="A flow that this one runs, by its SID: FW0123=OTHER.json.")
    ] = None,
) -> None:
    """Import a Twilio Studio flow (Show Flow JSON); exit code 1: something came out otherwise, which is said."""
    _import(import_studio, file, out, name, hand_over, part or [])


@app.command()
def connect(
    file: Source,
    out: Out = None,
    name: FlowName = "",
    hand_over: HandOver = "",
    part: Annotated[
        list[str] | None,
        typer.Option(help="A flow or module that this one leads to, by the end of its ARN: 0123=OTHER.json."),
    ] = None,
) -> None:
    """Import an Amazon Connect flow (Export flow); exit code 1: something came out otherwise, which is said."""
    _import(import_connect, file, out, name, hand_over, part or [])


@app.command()
def dialplan(
    file: Source,
    out: Out = None,
    name: FlowName = "",
    hand_over: HandOver = "",
    context: Annotated[str, typer.Option(help="Where calls come in; the first context with a menu if not given.")] = "",
    extension: Annotated[str, typer.Option(help="The extension that they come to; “s”, or the first one.")] = "",
) -> None:
    """Import the menus of an Asterisk dialplan (extensions.conf); exit code 1: something came out otherwise."""
    _check_names(name, hand_over)
    try:
        draft = import_dialplan(
            read_source(file), str(file), context=context, extension=extension, name=name, hand_over=hand_over
        )
    except SiteError as error:
        refuse(str(error))
    _write([draft], out)


class _Importer(Protocol):
    def __call__(
        self, text: str, file: str, *, name: str, hand_over: str, parts: Mapping[str, str], is_part: bool
    ) -> Draft: ...


def _import(importer: _Importer, file: Path, out: Path | None, name: str, hand_over: str, part: list[str]) -> None:
    """The flow in ``file`` with those that it runs, in one site."""
    _check_names(name, hand_over)
    files = dict(_parts(part))
    parts = {key: as_name(path.stem, "part").lower() for key, path in files.items()}
    try:
        drafts = [importer(read_source(file), str(file), name=name, is_part=False, hand_over=hand_over, parts=parts)]
        drafts += [
            importer(read_source(path), str(path), name=parts[key], is_part=True, hand_over=hand_over, parts=parts)
            for key, path in files.items()
        ]
    except SiteError as error:
        refuse(str(error))
    _write(drafts, out)


def _parts(given: list[str]) -> list[tuple[str, Path]]:
    pairs = [one.partition("=") for one in given]
    if not all(sid and path for sid, _, path in pairs):
        refuse("write --part as SID=FILE, for example --part FW0123456789=hours.json")
    return [(sid, Path(path)) for sid, _, path in pairs]


def _check_names(*names: str) -> None:
    for name in names:
        if name and not _NAME.fullmatch(name):
            refuse(f"“{name}” is no name; write letters, digits, hyphens and underscores, at most 64")


def _write(drafts: list[Draft], out: Path | None) -> None:
    """Writes the drafts, says what came out otherwise and what is to be bound, and checks the site."""
    folder = Path(drafts[0].name) if out is None else out
    try:
        is_new = write_site(drafts, folder)
    except SiteError as error:
        refuse(str(error))
    findings = sorted({finding for draft in drafts for finding in draft.findings})
    unfinished = {finding for draft in drafts for finding in draft.unfinished}
    for finding in findings:
        if finding not in unfinished:
            typer.echo(f"import: {finding}", err=True)
    for draft in drafts:
        flow = folder / "flows" / f"{draft.name}.yaml"
        typer.echo(f"wrote {flow}: {len(draft.nodes)} nodes, {len(draft.prompts)} prompts")
    for sentence in (sentence for draft in drafts for sentence in bindings(draft)):
        typer.echo(f"{'check in' if is_new else 'add to'} site.yaml: {sentence}")
    try:
        _, warnings = load_and_warn(folder)
    except SiteError as error:
        typer.echo(f"The site cannot be used yet:\n{error}", err=True)
        raise typer.Exit(1) from None
    warnings = tuple(warning for warning in warnings if not (is_new and is_of_the_empty_queue(warning, drafts)))
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    if unfinished:
        typer.echo(f"to be finished by hand, {len(unfinished)} of {len(findings)} findings:", err=True)
        for finding in sorted(unfinished):
            typer.echo(f"  {finding}", err=True)
    if findings or warnings:
        raise typer.Exit(1)
