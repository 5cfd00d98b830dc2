"""Programs of Debian packages that cannot be installed side by side: fetched and unpacked aside."""

import os
import shutil

from .process import PeerError, output_of


def prefix(cache, package, program):
    """The root that `program`, a path without its first slash, lies below: that of the file system
    or one below `cache`, fetched when it is not there yet; PeerError if it cannot be."""
    if os.path.exists(os.path.join("/", program)):
        return "/"
    root = os.path.join(cache, package)
    if not os.path.exists(os.path.join(root, program)):
        os.makedirs(root, exist_ok=True)
        if shutil.which("apt-get") is None:
            raise PeerError(f"{package} is not installed and cannot be fetched")
        output_of(["apt-get", "download", package], cwd=root)
        fetched = [name for name in os.listdir(root) if name.endswith(".deb")]
        output_of(["dpkg", "-x", fetched[0], "."], cwd=root)
        os.remove(os.path.join(root, fetched[0]))
    return root
