"""What prompts read aloud: their texts as templates, the recordings that they ask for, and where these are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from config.schema.prompts import MarkedModel, PromptsModel, Said
from config.site import Site
from ivr.aloud import (
    PAUSE,
    Slot,
    Template,
    TemplateError,
    fragments_needed,
    pieces_of,
    read_ssml,
    read_template,
    slots_of,
    sounds_of,
    tongue_of,
    words_for,
)

FOLDER = "aloud"
"""prompts/<language>/aloud/digits/20.wav: a site's own recordings of words that many prompts use."""
RECORDINGS = (".wav", ".sln16", ".sln", ".g722", ".ulaw", ".alaw", ".gsm")
"""Sound files that Asterisk plays, the best first."""
PACKAGED = ("en", "ru")
"""Languages of which Debian has a package of recordings for Asterisk."""


@cache
def packaged(language: str) -> frozenset[str]:
    """The recordings of Debian's asterisk-core-sounds package for the language; none where there is no package."""
    name = language.partition("-")[0]
    if name not in PACKAGED:
        return frozenset()
    text = resources.files("config").joinpath("sounds", f"asterisk-core-sounds-{name}.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def text_of(said: Said) -> str:
    """The words of a prompt. :class:`TemplateError` where they are marked, and the marks cannot be read."""
    if not isinstance(said, MarkedModel):
        return said
    return read_ssml(said.ssml).words if said.text is None else said.text


def template_of(text: str) -> Template:
    """The parts of a prompt's text that was checked; none where it reads nothing aloud and is played as a whole."""
    template = read_template(text)
    return template if slots_of(template) else ()


def read_aloud(prompts: PromptsModel) -> Mapping[str, tuple[str, ...]]:
    """The names of the values that each prompt reads in any language, sorted; prompts that read nothing are left out.

    Texts that cannot be read are passed over: they are findings already.
    """
    found: dict[str, tuple[str, ...]] = {}
    for prompt, texts in prompts.root.items():
        names = {slot.name for said in texts.values() for slot in slots_of(_readable(said))}
        if names:
            found[prompt] = tuple(sorted(names))
    return found


def recording(stem: Path) -> Path | None:
    """The sound file of this name, if there is one."""
    candidates = (stem.with_name(stem.name + extension) for extension in RECORDINGS)
    return next((path for path in candidates if path.is_file()), None)


def own_fragments(folder: Path, language: str) -> Mapping[str, Path]:
    """The site's own recordings of words, by the name of the word. ``folder`` is that of the language's prompts."""
    tongue = tongue_of(language)
    if tongue is None or not (folder / FOLDER).is_dir():
        return {}
    found = {word: recording(folder / FOLDER / word) for word in tongue.words}
    return {word: path for word, path in found.items() if path is not None}


def unrecorded(site: Site, prompt: str, language: str) -> tuple[str, ...]:
    """The recordings without which the prompt cannot be played, as files of the folder prompts without their ending:
    those of the prompt itself, and words that neither the site nor Debian's package has."""
    spoken = site.prompts[prompt][language]
    if not spoken.template:
        return () if spoken.recording is not None else (f"{language}/{prompt}",)
    pieces = (f"{language}/{prompt}/{piece}" for piece, path in spoken.pieces.items() if path is None)
    needed = {
        word
        for slot in slots_of(spoken.template)
        if isinstance(slot, Slot)
        for word in fragments_needed(slot, language)
    }
    missing = needed - packaged(language) - set(site.fragments.get(language, ()))
    return (*pieces, *(f"{language}/{FOLDER}/{word}" for word in sorted(missing)))


def said_by(site: Site, prompt: str, language: str, name: str) -> str:
    """What the recording called ``name``, one of :func:`unrecorded`, has to say."""
    spoken = site.prompts[prompt][language]
    _, _, part = name.partition(f"{language}/")
    if not spoken.template:
        return spoken.text
    word = part.removeprefix(f"{FOLDER}/")
    return words_for(language, word) if word != part else pieces_of(spoken.template)[part.removeprefix(f"{prompt}/")]


def recordings(site: Site, prompt: str, language: str, values: Mapping[str, str]) -> Iterator[Path | str]:
    """What plays the prompt with its values: files of the site, and names in Debian's package for Asterisk. What there
    is no recording of is left out: :func:`unrecorded` has told."""
    spoken = site.prompts[prompt][language]
    if not spoken.template:
        if spoken.recording is not None:
            yield spoken.recording
        return
    own = site.fragments.get(language, {})
    for sound in sounds_of(spoken.template, language, values):
        path = spoken.pieces.get(sound.name) if sound.of_prompt else own.get(sound.name)
        if path is not None:
            yield path
        elif not sound.of_prompt and (sound.name == PAUSE or sound.name in packaged(language)):
            yield sound.name


def has_grammar(language: str) -> bool:
    """Whether values can be put together from recordings at all."""
    return tongue_of(language) is not None


def _readable(said: Said) -> Template:
    """What it says in words and, where they are not the same, between marks."""
    try:
        template = read_template(text_of(said))
        return template + read_template(read_ssml(said.ssml).words) if isinstance(said, MarkedModel) else template
    except TemplateError:
        return ()
