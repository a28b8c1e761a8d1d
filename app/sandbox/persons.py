"""An endless supply of plausible people to write to. Pure: person n is always the same person."""

from dataclasses import dataclass

FIRST = (
    "Anna", "Ben", "Clara", "David", "Elena", "Finn", "Greta", "Hugo", "Ines", "Jonas",
    "Katrin", "Leo", "Maja", "Nils", "Olivia", "Pablo", "Rosa", "Simon", "Tessa", "Viktor",
    "Amira", "Bruno", "Chloe", "Dario", "Emil", "Freya", "Gabriel", "Hanna", "Ivo", "Julia",
    "Karim", "Lucia", "Mateo", "Nora", "Oscar", "Priya", "Rafael", "Sofia", "Theo", "Yara",
    "Astrid",
)  # fmt: skip
LAST = (
    "Adler", "Bauer", "Costa", "Dupont", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanova",
    "Jansen", "Keller", "Lindqvist", "Moreau", "Nowak", "Olsen", "Petrov", "Quinn", "Rossi",
    "Schmidt", "Tanaka", "Ulrich", "Vargas", "Weber", "Young", "Zimmer", "Brandt", "Carter",
    "Doyle", "Evans", "Fontana", "Gruber", "Hughes", "Kowalski", "Laurent", "Meyer", "Novak",
    "Okafor",
)  # fmt: skip
COMPANIES = (
    ("Larkfield Logistics", "logistics"), ("Brightwater Studio", "design"),
    ("Oakline Furniture", "furniture"), ("Copperleaf Energy", "energy"),
    ("Harbour & Finch", "consulting"), ("Silverbirch Clinics", "health care"),
    ("Meridian Tooling", "manufacturing"), ("Quillstone Press", "publishing"),
    ("Fernhill Foods", "food"), ("Tidewater Marine", "shipping"),
    ("Amberlight Cinemas", "entertainment"), ("Pinecrest Homes", "property"),
    ("Vantage Cycles", "retail"), ("Saltmarsh Brewing", "food"),
    ("Kestrel Robotics", "manufacturing"), ("Willowbank Schools", "education"),
    ("Redthread Textiles", "fashion"), ("Clearbrook Water", "utilities"),
    ("Stonebridge Legal", "legal services"), ("Moonrise Travel", "travel"),
    ("Granite Peak Outdoor", "retail"), ("Bluebell Insurance", "insurance"),
    ("Foxglove Pharma", "health care"), ("Ironwood Rail", "transport"),
    ("Juniper Analytics", "software"), ("Lantern Media", "publishing"),
    ("Maplegate Bank", "finance"), ("Nightingale Audio", "electronics"),
    ("Orchard Lane Hotels", "travel"),
)  # fmt: skip
TITLES = (
    "Head of Sales", "Operations Manager", "Founder", "Marketing Lead", "Account Director",
    "Head of Partnerships", "Managing Director", "Customer Success Manager", "Growth Manager",
    "Chief of Staff", "Sales Development Lead", "Office Manager", "Product Lead",
)  # fmt: skip
CITIES = (
    "Berlin", "Lisbon", "Rotterdam", "Leeds", "Lyon", "Aarhus", "Graz", "Turin", "Gdansk",
    "Valencia", "Zurich",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who might be interested."""

    email: str
    first_name: str
    last_name: str
    company: str
    title: str
    website: str
    city: str
    industry: str


def person(number: int) -> Person:
    """Person `number` (from 0). The list lengths share no factor, so neighbours differ in
    everything and thousands pass before a name meets the same company again."""
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    company, industry = COMPANIES[number % len(COMPANIES)]
    domain = f"{_slug(company)}.sandbox.test"
    return Person(
        email=f"{first}.{last}@{domain}".lower(),
        first_name=first,
        last_name=last,
        company=company,
        title=TITLES[number % len(TITLES)],
        website=f"https://{domain}",
        city=CITIES[number % len(CITIES)],
        industry=industry,
    )


def _slug(company: str) -> str:
    return "".join(character for character in company.lower() if character.isalnum())


SENDERS = (
    "Mia Lang", "Jonas Brandt", "Sara Lindholm", "Adam Novak", "Lena Fischer", "Marco Costa",
    "Ella Hughes", "Tim Keller", "Nina Rossi", "Paul Moreau",
)  # fmt: skip


def sender_address(name: str, workspace_slug: str) -> str:
    """The sandbox address of one of our own people: mia.lang@acme.sandbox.test."""
    return f"{name.lower().replace(' ', '.')}@{workspace_slug}.sandbox.test"
