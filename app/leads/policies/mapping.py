"""What the columns of a list mean: guessed from their headings in several languages, then from
what stands in them. A person corrects the guess on the mapping screen."""

import re
import unicodedata
from collections.abc import Sequence

from app.leads.policies.addresses import normal_email

#: The fields a column can become; everything else is kept under its own name or left out.
FIELDS: dict[str, str] = {
    "email": "Email address",
    "first_name": "First name",
    "last_name": "Last name",
    "company": "Company",
    "title": "Job title",
    "phone": "Phone",
    "website": "Website",
    "time_zone": "Time zone",
}
TEXT_FIELDS = tuple(name for name in FIELDS if name != "email")
SKIP, CUSTOM = "skip", "custom"
FULL_NAME = "full_name"

_SPELLINGS: dict[str, str] = {
    "email": "email e mail emailaddress mailaddress mail emailadresse mailadresse epost epostadresse"
    " epostadress sahkoposti correo correoelectronico courriel adressemail adresseemail adresemail"
    " posta indirizzoemail emailaziendale workemail businessemail companyemail primaryemail"
    " contactemail personalemail leademail emailid adrese poczta adrespoczty elpasts elpastas"
    " email1 email1value emailwork почта электроннаяпочта емейл имейл メール メールアドレス"
    " 电子邮件 邮箱 이메일",
    "first_name": "firstname first given givenname forename vorname prenom nombre nome fornavn fornamn"
    " voornaam etunimi imie krestni jmeno keresztnev fname namefirst имя 名 名前 이름",
    "last_name": "lastname last surname familyname family nachname familienname zuname nom apellido"
    " apellidos cognome sobrenome etternavn efternavn efternamn achternaam sukunimi nazwisko"
    " prijmeni vezeteknev lname namelast фамилия 姓 성",
    "company": "company companyname organization organisation organizationname employer account"
    " accountname business firma firmenname unternehmen betrieb societe entreprise raisonsociale"
    " empresa compania azienda societa bedrijf bedrijfsnaam foretag foretagsnamn firmanavn virksomhed"
    " yritys spolecnost cegnev компания 会社 会社名 公司 회사",
    "title": "title jobtitle job position role function titel position beruf berufsbezeichnung funktion"
    " poste fonction cargo puesto ruolo qualifica posizione functie stilling befattning tehtava"
    " stanowisko pozice должность 役職 职位 직책",
    "phone": "phone phonenumber telephone tel mobile mobilephone mobil cell cellphone telefon"
    " telefonnummer handy telephoneportable telefono movil celular cellulare telefoon puhelin"
    " telefonszam workphone directphone phone1value телефон 電話 电话 전화",
    "website": "website web url site homepage domain companydomain companywebsite companyurl webseite"
    " internetseite internet siteweb siteinternet sitioweb pagina paginaweb sito sitoweb webbplats"
    " hjemmeside nettside сайт ウェブサイト 网站 웹사이트",
    "time_zone": "timezone tz zeitzone fuseau fuseauhoraire zonahoraria fusoorario tijdzone tidszon",
    FULL_NAME: "name fullname contact contactname person leadname ansprechpartner vollername"
    " nomcomplet nombrecompleto nomecompleto naam namn navn nimi fio фио 氏名",
}
_BY_HEADING = {word: field for field, words in _SPELLINGS.items() for word in words.split()}


def plain_heading(heading: str) -> str:
    """A heading without case, accents, spaces and signs."""
    folded = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss").replace("ł", "l"))
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", bare))


_PLAIN_HEADINGS = {plain_heading(word): field for word, field in _BY_HEADING.items()}


def guess_mapping(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """For each column a field, 'full_name', 'custom' or 'skip'; each field at most once."""
    result = [CUSTOM] * len(names)
    taken: set[str] = set()
    for index, name in enumerate(names):
        field = _PLAIN_HEADINGS.get(plain_heading(name))
        if field and field not in taken and not _contradicts(field, index, rows):
            result[index] = field
            taken.add(field)
    if "email" not in taken:
        _find_addresses(result, rows)
    _settle_full_name(result)
    return [_skip_if_empty(field, index, rows) for index, field in enumerate(result)]


def _cells(index: int, rows: Sequence[Sequence[str]]) -> list[str]:
    """The filled cells of a column in the sample."""
    return [row[index].strip() for row in rows if index < len(row) and row[index].strip()]


def _contradicts(field: str, index: int, rows: Sequence[Sequence[str]]) -> bool:
    """A column called 'Email' in which no address stands is not the address column."""
    cells = _cells(index, rows)
    return field == "email" and bool(cells) and not any(normal_email(cell) for cell in cells)


def _find_addresses(result: list[str], rows: Sequence[Sequence[str]]) -> None:
    """Without a telling heading the first column that mostly holds addresses is taken."""
    for index in range(len(result)):
        cells = _cells(index, rows)
        if cells and sum(normal_email(cell) is not None for cell in cells) * 2 > len(cells):
            result[index] = "email"
            return


def _settle_full_name(result: list[str]) -> None:
    """'Name' beside 'Last name' is the first name; beside both names it says nothing new."""
    if FULL_NAME not in result:
        return
    index = result.index(FULL_NAME)
    if "first_name" in result:
        result[index] = CUSTOM
    elif "last_name" in result:
        result[index] = "first_name"


def _skip_if_empty(field: str, index: int, rows: Sequence[Sequence[str]]) -> str:
    """A column without any value in the sample is left out unless its heading says what it is."""
    return SKIP if field == CUSTOM and rows and not _cells(index, rows) else field


def custom_key(name: str) -> str:
    """The variable name of a custom column: 'Deal size (€)' → 'deal_size'."""
    folded = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    key = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[:60]
    if not key:
        return "field_" + re.sub(r"\W+", "_", name.casefold()).strip("_")[:40]
    return key if key[0].isalpha() else f"field_{key}"


def split_full_name(name: str) -> tuple[str, str]:
    """'Ann van Dyke' → ('Ann', 'van Dyke'); 'Dyke, Ann' → ('Ann', 'Dyke')."""
    value = " ".join(name.split())
    last, comma, first = value.partition(",")
    if comma:
        return first.strip(), last.strip()
    first, _, last = value.partition(" ")
    return first, last


def check_mapping(mapping: Sequence[str]) -> str | None:
    """What is wrong with a mapping, as a sentence; None when it can be used."""
    if "email" not in mapping:
        return "Choose the column that holds the email address."
    single = [field for field in mapping if field not in (SKIP, CUSTOM)]
    doubled = next((field for field in single if single.count(field) > 1), None)
    if doubled:
        label = FIELDS.get(doubled, "Full name")
        return f"“{label}” is chosen for more than one column."
    return None
