"""The example list of leads as a CSV file. Pure."""

import csv
import io
from collections.abc import Iterable

from app.sandbox.persons import Person

HEADER = ("Email", "First name", "Last name", "Company", "Job title", "Website", "City", "Industry")
# People of downloaded lists; those of the demo campaign count from 0.
FIRST_PERSON = 5000
CANDIDATES = 500
LENGTH = 20


def write_csv(people: Iterable[Person]) -> str:
    """The file, with a header line as spreadsheet programs write it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for who in people:
        name = (who.first_name, who.last_name)
        writer.writerow(
            (who.email, *name, who.company, who.title, who.website, who.city, who.industry)
        )
    return out.getvalue()
