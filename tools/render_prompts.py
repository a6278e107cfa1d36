"""Speaks a site's prompts with a speech synthesiser: ``python tools/render_prompts.py config/examples/bank``.

For a site that has no recordings yet. Needs espeak-ng and sox (Debian packages of these names). Recordings that exist
are kept, so a prompt that somebody spoke stays; delete a file to have it rendered anew. Words that values are read
with (“digits/200”) are rendered where neither the site nor Debian's package for Asterisk has them.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from config.aloud import said_by, unrecorded
from config.loader import load_site

VOICES = {"en": "en-gb", "ru": "ru", "uk": "uk"}
WORDS_PER_MINUTE = "155"
_CYRILLIC = re.compile(r"[А-яЁёІіЇїЄєҐґ]")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


def passages(text: str, language: str) -> Iterator[tuple[str, str]]:
    """The text by voice: a sentence in the other script is spoken by a voice of the other language."""
    for cyrillic, sentences in itertools.groupby(_SENTENCE.findall(text), lambda one: bool(_CYRILLIC.search(one))):
        if cyrillic:
            voice = language if language in ("ru", "uk") else "uk"
        else:
            voice = "en" if language in ("ru", "uk") else language
        yield VOICES[voice], "".join(sentences).strip()


def render(text: str, language: str, target: Path) -> None:
    """Writes the spoken text as telephone-quality GSM (1.6 kB a second), which every Asterisk plays."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number, (voice, passage) in enumerate(passages(text, language)):
            part = Path(folder) / f"{number}.wav"
            subprocess.run(["espeak-ng", "-v", voice, "-s", WORDS_PER_MINUTE, "-w", part, passage], check=True)
            parts.append(part)
        # -3 dB: the resampling would clip the loudest syllables.
        subprocess.run(["sox", "-V1", *parts, "-r", "8000", "-c", "1", target, "gain", "-3"], check=True)


def main(folder: str) -> None:
    """Renders what is missing."""
    missing = [program for program in ("espeak-ng", "sox") if shutil.which(program) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} cannot be found; apt-get install {' '.join(missing)}")
    site = load_site(Path(folder))
    for prompt, by_language in site.prompts.items():
        for language in by_language:
            for name in unrecorded(site, prompt, language):
                target = site.folder / "prompts" / f"{name}.gsm"
                if not target.exists():  # a word that two prompts read
                    target.parent.mkdir(parents=True, exist_ok=True)
                    render(said_by(site, prompt, language, name), language, target)
                    print(target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
