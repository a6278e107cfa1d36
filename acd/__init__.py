"""The routing core: who gets which caller, and why. Pure: events and time in, effects out.

``engine`` is the whole (:class:`acd.engine.Acd`), made of ``calls`` (queues, with ``steps``, ``callers`` and
``offers``), ``roster`` (agents) and ``routing`` (who gets whom), which stands on ``groups`` (who could take what),
``channels`` (how much at once), ``free``, ``idle`` and ``lines`` (who goes first) and ``rules`` (the choice itself,
over numbers only). ``setup``, ``events`` and ``effects`` are what goes in and out; ``metrics`` counts the effects;
``estimate`` says how long a caller will wait (``situation``: what is before the call; ``foresight``: when agents will
be free; ``recent``: what is known of recent calls); ``explain`` gives the reasons of a decision, with what would have
altered it (``alternatives``).
"""
