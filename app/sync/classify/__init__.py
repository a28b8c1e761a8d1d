"""What kind of mail has arrived: a person, a machine, a bounce. Pure: values in, verdict out."""

from app.sync.classify.verdict import Verdict, classify

__all__ = ["Verdict", "classify"]
