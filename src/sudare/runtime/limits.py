"""
How many files and sockets this process may have open.

Distributions start services with 1,024 and let them ask for far more: without asking, a gateway ends at 340 people, and
one stranger with a thousand connections shuts everybody else out.
"""

import resource


def open_files() -> int:
    """Ask for all we may have; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
