"""Content-addressed files: raw mail, uploads. The name of a blob is the SHA-256 of its bytes."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from app.core.settings import settings


class BlobMissing(RuntimeError):
    """A blob that a row names is not in the store."""


def _path(digest: str) -> Path:
    if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise BlobMissing("not a blob name")
    return Path(settings.instance_dir) / "blobs" / digest[:2] / digest[2:4] / digest


def put_blob(data: bytes) -> str:
    """Store bytes, return their name. Storing the same bytes again changes nothing."""
    return put_stream([data])


def put_stream(chunks: Iterable[bytes]) -> str:
    """Store a stream without holding it in memory; return its name."""
    root = Path(settings.instance_dir) / "blobs"
    root.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=root, delete=False) as file:
        try:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    path = _path(digest.hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(file.name).replace(path)
    return digest.hexdigest()


def get_blob(digest: str) -> bytes:
    """The bytes of a blob. Errors: BlobMissing."""
    with open_blob(digest) as file:
        return file.read()


def open_blob(digest: str) -> BinaryIO:
    """An open file of a blob. Errors: BlobMissing."""
    try:
        return _path(digest).open("rb")
    except FileNotFoundError as error:
        raise BlobMissing(digest) from error
