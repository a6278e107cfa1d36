"""Twilio Studio flows: ``holdless flow import studio``. Start at :mod:`config.imports.studio.importer`."""
