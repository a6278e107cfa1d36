"""Flows from elsewhere to ours: ``holdless flow import``. One folder a source, and what they share beside it.

A source is read with the place of everything in it (:mod:`config.imports.source`) and becomes a
:class:`config.imports.draft.Draft` of our flow; :mod:`config.imports.writing` writes that as a site's files. Whatever
stands in the source: it is refused with its place, or becomes a flow with findings.
"""
