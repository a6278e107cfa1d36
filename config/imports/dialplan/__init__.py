"""Menus in Asterisk dialplans: ``holdless flow import dialplan``. Start at :mod:`config.imports.dialplan.importer`."""
