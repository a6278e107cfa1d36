"""Whether prompts can read aloud what they say they do: their braces, their plural forms, the variables, recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from config.aloud import GRAMMARS, has_grammar, unrecorded
from config.documents import Document
from config.errors import unknown
from config.site import Site
from config.yaml_tree import Path as TreePath
from ivr.aloud import Plural, TemplateError, categories_of, read_template, slots_of
from ivr.expressions import Kind, Variable


def check_template(document: Document, path: TreePath, text: str, language: str) -> None:
    """Finds braces that cannot be read, and plural forms that the language needs and the text has not got."""
    mark = document.tree.values.get(path)
    in_place = mark is not None and text in mark.raw and "\n" not in mark.raw
    quote = 1 if mark is not None and mark.quoted else 0
    try:
        template = read_template(text)
    except TemplateError as error:
        document.fault(path, str(error), shift=quote + error.at if in_place else 0)
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


def check_recordings(document: Document, site: Site) -> None:
    """Finds prompts that a line which plays recordings only could not play. ``document`` is prompts.yaml."""
    for prompt, by_language in site.prompts.items():
        for language, spoken in by_language.items():
            if spoken.template and not has_grammar(language):
                message = f"values cannot be read from recordings in {language}, only in {', '.join(GRAMMARS)}"
                document.fault((prompt, language), f"{message}; write the prompt without")
            elif missing := unrecorded(site, prompt, language):
                more = f" and {len(missing) - 1} more beside it" if len(missing) > 1 else ""
                message = f"no recording prompts/{missing[0]}.wav{more}; record it, or see tools/render_prompts.py"
                document.fault((prompt, language), message)
