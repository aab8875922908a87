"""Layers unpacked once, for all the environments that mount them."""

import hashlib
import io
import shutil
import threading
import zipfile
from pathlib import Path


class UnpackedLayers:
    """A folder a layer, named by its content, as AWS mounts one read-only under /opt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        shutil.rmtree(folder, ignore_errors=True)

    def folder_of(self, archive: bytes) -> Path:
        """Return where the content of this zip lies."""
        folder = self._folder / hashlib.sha256(archive).hexdigest()
        with self._lock:
            if not folder.exists():
                unfinished = folder.with_suffix(".part")
                with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                    packed.extractall(unfinished)  # of our own engine, and zip drops ".."
                unfinished.rename(folder)
        return folder
