"""Whether prompts can read aloud what they say they do: their braces, their plural forms, the variables, recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from centre.capabilities import LineCapabilities
from config.aloud import has_grammar, unrecorded
from config.build_twilio import VOICES
from config.documents import Document
from config.errors import unknown
from config.schema.prompts import MarkedModel, Said
from config.site import Site
from config.yaml_tree import Path as TreePath
from ivr.aloud import TONGUES, Plural, TemplateError, categories_of, read_ssml, read_template, slots_of
from ivr.expressions import Kind, Variable


def check_said(document: Document, path: TreePath, said: Said, language: str) -> None:
    """Finds braces and marks that cannot be read, and plural forms that the language needs and the prompt lacks."""
    if not isinstance(said, MarkedModel):
        _check_text(document, path, said, language)
        return
    if said.text is not None:
        _check_text(document, (*path, "text"), said.text, language)
    try:
        words = read_ssml(said.ssml).words
    except TemplateError as error:
        document.fault((*path, "ssml"), str(error), at=error.at)
    else:
        _check_text(document, (*path, "ssml"), words, language)


def _check_text(document: Document, path: TreePath, text: str, language: str) -> None:
    try:
        template = read_template(text)
    except TemplateError as error:
        document.fault(path, str(error), at=error.at)
        return
    for slot in slots_of(template):
        if isinstance(slot, Plural):
            missing = [one for one in categories_of(language) if one not in slot.forms]
            if missing:
                document.fault(
                    path,
                    f"{{{slot.name}:plural}} has no form for “{missing[0]}”; {language} needs "
                    f"{', '.join(categories_of(language))}",
                )


def check_read_aloud(
    document: Document, path: TreePath, prompt: str, names: Iterable[str], variables: Mapping[str, Variable]
) -> Iterator[tuple[TreePath, str]]:
    """The variables that the prompt named at ``path`` reads, with the place; finds those that nobody may read."""
    for name in names:
        variable = variables.get(name)
        if variable is None:
            document.fault(
                path, f"“{prompt}” reads {{{name}}} aloud: {unknown('variable of this flow', name, variables)}"
            )
        elif variable.kind in (Kind.SECRET, Kind.TRUTH):
            what = "is sensitive" if variable.kind is Kind.SECRET else "is true or false"
            document.fault(path, f"“{prompt}” reads {{{name}}} aloud, but “{name}” {what}; let it read another one")
        else:
            yield path, name


def check_marks(document: Document, site: Site, line: LineCapabilities) -> None:
    """Finds prompts of which callers of a line hear the words without their marks. ``document`` is prompts.yaml."""
    for prompt, by_language in site.prompts.items():
        for language, spoken in by_language.items():
            if not spoken.ssml or spoken.recording is not None:
                continue
            message = ""
            if not line.speaks_ssml:
                message = f"{line.name} knows no SSML: callers get the words without it"
            elif line.ssml_needs_a_voice and not _names_a_voice(site, language):
                message = (
                    f"{line.name}'s basic voice knows no SSML: callers get the words without it; name a voice, such as "
                    "Polly.Joanna-Neural, under “voices” of the section “twilio”"
                )
            if message:
                document.fault((prompt, language, "ssml"), message, at_key=True)


def _names_a_voice(site: Site, language: str) -> bool:
    voices = VOICES if site.twilio is None else site.twilio.voices
    return language in voices and bool(voices[language].voice)


def check_recordings(document: Document, site: Site) -> None:
    """Finds prompts that a line which plays recordings only could not play. ``document`` is prompts.yaml."""
    for prompt, by_language in site.prompts.items():
        for language, spoken in by_language.items():
            if spoken.template and not has_grammar(language):
                message = f"values cannot be read from recordings in {language}, only in {', '.join(TONGUES)}"
                document.fault((prompt, language), f"{message}; write the prompt without")
            elif missing := unrecorded(site, prompt, language):
                more = f" and {len(missing) - 1} more beside it" if len(missing) > 1 else ""
                message = f"no recording prompts/{missing[0]}.wav{more}; record it, or see tools/render_prompts.py"
                document.fault((prompt, language), message)
