"""Recognise what is personal by how columns are called and what their values look like.

Patterns are such as RE2, and so DuckDB, and Python read alike. What no pattern can tell, such as a name in a column
that is called otherwise, is to be declared in the settings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warehouse.ddl import quote_text
from warehouse.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EMAIL = r"[^\s@<>(),;:\"/]+@[^\s@<>(),;:\"/]+\.[^\s@<>(),;:\"/.0-9]{2,}"
_INTERNATIONAL_PHONE = r"(\+|00)[1-9][0-9 ()./-]{5,18}[0-9]"
_NATIONAL_PHONE = r"\(0[0-9]{1,5}\)[0-9 /-]{4,14}[0-9]|0[1-9][0-9]{1,4}[ /][0-9 /-]{3,14}[0-9]"
_AMERICAN_PHONE = r"\([2-9][0-9]{2}\) ?[0-9]{3}[ .-][0-9]{4}|[2-9][0-9]{2}[.-][0-9]{3}[.-][0-9]{4}"
_IP_4 = r"([0-9]{1,3}\.){3}[0-9]{1,3}(:[0-9]{1,5})?"
_IP_6 = r"[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,7}"
_GROUPED_CARD = r"[3-6][0-9]{3}([ -][0-9]{4}){3}"
_CARD = r"[3-6][0-9]{12,18}"
_IBAN = r"[A-Z]{2}[0-9]{2} ?([A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}"
_STREET = (
    r"(?i)[0-9]{1,5}[a-z]? [\w .'-]+ "
    r"(street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|way|close)\b.*"
    r"|.*(stra(ß|ss)e|str\.|weg|platz|allee|gasse) ?[0-9]{1,4}\b.*"
    r"|[0-9]{1,4},? (rue|avenue|place|chemin|via|calle|plaza) .*"
)
# Texts that stand for no value in a column of numbers or days.
_MARKERS = (
    *("null", "none", "nan", "inf", "infinity", "na", "nil", "missing", "unknown", "empty", "undefined"),
    *("true", "false", "yes", "no"),
)
# Shorter texts hold none of these.
_SHORTEST = 6

# A column is called so when all words of one of the groups are among its own.
_NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.EMAIL: ("email", "e mail", "mail"),
    Kind.PHONE: ("phone", "telephone", "tel", "mobile", "cell", "cellphone", "telefon", "handy", "fax", "msisdn"),
    Kind.BIRTH_DATE: ("birth", "birthday", "birthdate", "dob", "born", "geburtsdatum", "geburtstag", "naissance"),
    Kind.IP_ADDRESS: ("ip", "ipaddress", "remote addr"),
    Kind.CARD_NUMBER: ("card number", "cardnumber", "credit card", "creditcard", "iban", "account number"),
    Kind.ADDRESS: (
        *("address", "addr", "street", "adresse", "anschrift", "strasse", "straße", "hausnummer", "house number"),
        *("postcode", "postal code", "zip", "zipcode", "plz", "latitude", "longitude"),
    ),
    Kind.NAME: (
        *("first name", "firstname", "last name", "lastname", "surname", "full name", "fullname", "given name"),
        *("family name", "middle name", "forename", "vorname", "nachname", "username", "user name", "nickname"),
        *("customer name", "contact name", "recipient", "billing name", "shipping name", "nom", "prenom"),
    ),
    Kind.FREE_TEXT: (
        *("comment", "comments", "note", "notes", "message", "remark", "remarks", "feedback", "free text", "freetext"),
        *("gift message", "instructions", "kommentar", "bemerkung", "nachricht", "review text", "body"),
    ),
}
# Words by which a column tells something about such a value, and not the value.
_ABOUT = frozenset(
    [
        *("opt", "optin", "optout", "consent", "subscribed", "is", "has", "count", "flag", "type", "status", "id"),
        *("template", "verified", "valid", "sent", "open", "opened", "clicked", "rate", "length", "campaign"),
        *("language", "hash"),
    ]
)
_WORD = re.compile(r"[A-Z]+(?![a-zß-ÿ])|[A-Z]?[a-zß-ÿ]+|[0-9]+")
# So much of a sample looks like one kind where the column is of it.
_MOST = 0.6
_FIRST_YEAR_OF_SHOPS = "1970"
_DAY = re.compile(r"(1[89][0-9]{2}|20[0-9]{2})-[01][0-9]-[0-3][0-9]( 00:00:00)?")


def kind_by_name(column: str, *, of_persons: bool) -> Kind | None:
    """Return the kind of personal values that a column's name speaks of.

    `of_persons` tells whether the rows are about a person: only then a `name` is a person's.
    """
    words = [word.lower() for word in _WORD.findall(column)]
    if _ABOUT & set(words):
        return None
    if of_persons and words == ["name"]:
        return Kind.NAME
    for kind, names in _NAMES.items():
        if any(set(name.split()) <= set(words) for name in names):
            return kind
    return None


def kind_by_values(sample: Sequence[str]) -> Kind | None:
    """Return the kind of personal values that most of a sample look like."""
    values = [value.strip() for value in sample if value.strip()]
    if not values:
        return None
    for kind, matches in _LOOKS.items():
        if sum(map(matches, values)) >= _MOST * len(values):
            return kind
    days = [value for value in values if _DAY.fullmatch(value)]
    if len(days) >= _MOST * len(values) and sorted(days)[len(days) // 10] < _FIRST_YEAR_OF_SHOPS:
        return Kind.BIRTH_DATE
    return None


def looks_like_a_row(header: Sequence[str]) -> bool:
    """Return whether what should be names of columns are values: then a file has no header."""
    return any(
        re.fullmatch(r"[0-9][0-9 .,:/+-]*", name) or any(looks(name) for looks in _LOOKS.values()) for name in header
    )


def is_identifier_sql(column: str) -> str:
    """Return the SQL that is true where an id of a person is an e-mail address or a phone number.

    Cheap questions come first: a regular expression of every row would be the costliest part of loading.
    """
    phone = f"{_INTERNATIONAL_PHONE}|{_NATIONAL_PHONE}|\\([2-9][0-9]{{2}}\\) ?[0-9]{{3}}[ .-][0-9]{{4}}"
    may_be_phone = (
        f"({column} LIKE '+%' OR {column} LIKE '(%' OR ({column} LIKE '0%' AND ({column} LIKE '00%' OR "
        f"contains({column}, ' ') OR contains({column}, '/'))))"
    )
    return (
        f"(strlen({column}) >= {_SHORTEST} AND ({_is_email_sql(column)} "
        f"OR ({may_be_phone} AND regexp_full_match({column}, {quote_text(phone)}))))"
    )


def is_stray_sql(column: str) -> str:
    """Return the SQL that is true where a text that need not be personal is so beyond doubt."""
    return (
        f"(strlen({column}) >= {_SHORTEST} AND ({_is_email_sql(column)} OR ({column} < ':' AND "
        f"({_is_phone_sql(column)} OR {_is_address_sql(column)} OR {_is_card_sql(column)}))))"
    )


def is_stray_in_numbers_sql(column: str) -> str:
    """Return the SQL that is true where words stand in a column of numbers: they came there by mistake."""
    return (
        f"({is_stray_in_days_sql(column)} OR (strlen({column}) >= {_SHORTEST} "
        f"AND ({_is_phone_sql(column)} OR {_is_address_sql(column)})))"
    )


def is_stray_in_days_sql(column: str) -> str:
    """Return the SQL that is true where words stand in a column of days or times; a month has a number beside it."""
    markers = ", ".join(quote_text(marker) for marker in _MARKERS)
    words = f"regexp_matches({column}, '\\pL\\pL') AND NOT regexp_matches({column}, '[0-9]')"
    is_word = f"{column} >= 'A' AND {words} AND lower(trim({column})) NOT IN ({markers})"
    return f"(({is_word}) OR (strlen({column}) >= {_SHORTEST} AND {_is_email_sql(column)}))"


def kind_sql(column: str, otherwise: Kind) -> str:
    """Return the SQL of the kind of a recognised value."""
    return (
        f"CASE WHEN contains({column}, '@') THEN {quote_text(Kind.EMAIL)} "
        f"WHEN {column} LIKE '+%' THEN {quote_text(Kind.PHONE)} ELSE {quote_text(otherwise)} END"
    )


def personal_parts(text: str) -> list[str]:
    """Return the e-mail addresses and phone numbers in a text, such as the name of a file."""
    return [found[0] for found in _IN_TEXT.finditer(text)]


def masked(text: str, pseudonym: Callable[[str], str]) -> str:
    """Return a text with each e-mail address and phone number in it replaced by its pseudonym."""
    return _IN_TEXT.sub(lambda found: pseudonym(found[0]), text)


def _is_email_sql(column: str) -> str:
    return f"(contains({column}, '@') AND regexp_matches({column}, {quote_text(_EMAIL)}))"


def _is_phone_sql(column: str) -> str:
    return f"({column} LIKE '+%' AND regexp_full_match({column}, {quote_text(_INTERNATIONAL_PHONE)}))"


def _is_address_sql(column: str) -> str:
    return f"({column} LIKE '%.%.%.%' AND regexp_full_match({column}, {quote_text(_IP_4)}))"


def _is_card_sql(column: str) -> str:
    return f"(strlen({column}) = 19 AND regexp_full_match({column}, {quote_text(_GROUPED_CARD)}))"


def _full(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _is_card(value: str) -> bool:
    digits = re.sub(r"[ -]", "", value)
    if not re.fullmatch(_CARD, digits):
        return bool(re.fullmatch(_IBAN, value))
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(part // 10 + part % 10 for part in doubled) % 10 == 0


_LOOKS: dict[Kind, Callable[[str], bool]] = {
    Kind.EMAIL: lambda value: re.search(_EMAIL, value) is not None,
    Kind.IP_ADDRESS: _full(f"{_IP_4}|{_IP_6}"),
    Kind.CARD_NUMBER: _is_card,
    Kind.PHONE: _full(f"{_INTERNATIONAL_PHONE}|{_NATIONAL_PHONE}|{_AMERICAN_PHONE}"),
    Kind.ADDRESS: _full(_STREET),
}
# In the name of a file an address ends before the file's ending.
_IN_TEXT = re.compile(
    r"[\w.%+'-]+@[\w-]+(?:\.(?!csv\b|parquet\b|txt\b|tsv\b|pq\b|gz\b)[A-Za-z][\w-]*)+|\+[1-9][0-9 ()-]{6,18}[0-9]"
)
