"""``python -m holdless`` is the same as ``holdless``."""

from holdless.cli import main

main()
