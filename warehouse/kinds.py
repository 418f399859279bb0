"""The kinds of personal values that Tillflow tells apart."""

from enum import StrEnum


class Kind(StrEnum):
    """What a personal value is, or was taken for."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    IP_ADDRESS = "ip_address"
    CARD_NUMBER = "card_number"
    FREE_TEXT = "free_text"
    IDENTIFIER = "identifier"
    STRAY_TEXT = "stray_text"
    MALFORMED_LINE = "malformed_line"
    QUARANTINED_ROW = "quarantined_row"
    FILE_NAME = "file_name"
    DECLARED = "declared"
