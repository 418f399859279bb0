"""The key that protects what tests load."""

from warehouse.personal_key import Key
from warehouse.protection import Protection

KEY = Key(bytes(range(32)))
PROTECTION = Protection(key=KEY)
