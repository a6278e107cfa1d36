"""What a centre is: the files of a site, checked and compiled. Start at :func:`config.load_site`."""

from config.errors import Finding, SiteError
from config.loader import load_and_warn, load_site
from config.site import Site, text_in

__all__ = ["Finding", "Site", "SiteError", "load_and_warn", "load_site", "text_in"]
