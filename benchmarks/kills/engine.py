"""The engine that is killed, as a command: ``python -m benchmarks.kills.engine serve …``."""

from cti.service.pauses import start_without_pauses

if __name__ == "__main__":
    start_without_pauses()  # as ``holdless serve`` does, before it loads anything
    from benchmarks.kills.dying import main

    main()
