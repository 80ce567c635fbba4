"""Russian spoken forms for responses: pure functions from values to the words that are said."""

from tts.spoken.dates import date_words
from tts.spoken.digits import digit_group, digits_in_groups, last_digits, phone_words
from tts.spoken.nouns import counted, plural, points, rubles
from tts.spoken.numbers import Case, Gender, number_words

__all__ = [
    "Case",
    "Gender",
    "counted",
    "date_words",
    "digit_group",
    "digits_in_groups",
    "last_digits",
    "number_words",
    "phone_words",
    "plural",
    "points",
    "rubles",
]
