"""Amazon Connect flows: ``holdless flow import connect``. Start at :mod:`config.imports.connect.importer`."""
