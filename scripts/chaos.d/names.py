"""Ids and instants as the API writes them, in the forms that Postgres and arithmetic want."""
import datetime, uuid

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def uuid_of(text):
    """exe_01m8… as Postgres prints it."""
    number = 0
    for digit in text.split("_", 1)[1]:
        number = number << 5 | ALPHABET.index(digit)
    return str(uuid.UUID(int=number))


def instant(text):
    """Microseconds since 1970."""
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // datetime.timedelta(microseconds=1)


def written(microseconds):
    """As RFC 3339."""
    return (EPOCH + datetime.timedelta(microseconds=microseconds)).isoformat().replace("+00:00", "Z")
