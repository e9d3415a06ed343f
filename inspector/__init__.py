"""Inspector: teach a computer what a good part looks like, then have every part judged live."""

__version__ = "0.1.0"
