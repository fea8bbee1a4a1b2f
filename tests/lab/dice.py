"""Fresh names and secrets. One seed gives one set of them, so that a scenario can be made again."""

from __future__ import annotations

import random
import string
import time
import uuid

import jwt

BASE62 = string.ascii_letters + string.digits
BASE64_TAIL = BASE62 + "+/"
CONSONANTS = "bdfglmnprstvz"
VOWELS = "aeiou"


class Dice:
    def __init__(self, seed: int | None = None) -> None:
        self.seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        self._random = random.Random(self.seed)
        self._words: set[str] = set()

    def word(self, syllables: int = 3) -> str:
        """A pronounceable name that this set has not used yet."""
        while True:
            letters = (self._random.choice(CONSONANTS) + self._random.choice(VOWELS) for _ in range(syllables))
            word = "".join(letters)
            if word not in self._words:
                self._words.add(word)
                return word

    def text(self, length: int, alphabet: str = BASE62) -> str:
        """Random characters; from eight on they always hold a digit, a capital and a small letter.

        A value that came out all lower case would be a weaker secret than the scenario claims.
        """
        while True:
            value = "".join(self._random.choice(alphabet) for _ in range(length))
            if length < 8 or any(c.isdigit() for c in value) and any(c.isupper() for c in value) and any(c.islower() for c in value):
                return value

    def hex(self, length: int) -> str:
        while True:
            value = "".join(self._random.choice("0123456789abcdef") for _ in range(length))
            if any(c.isdigit() for c in value) and any(c.isalpha() for c in value):
                return value

    def digits(self, length: int) -> str:
        return "".join(self._random.choice(string.digits) for _ in range(length))

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def number(self, low: int = 1000, high: int = 99999) -> int:
        return self._random.randint(low, high)

    def money(self) -> str:
        return f"{self._random.randint(100, 99999)}.{self._random.randint(10, 99)}"

    def choice(self, options: list[str]) -> str:
        return self._random.choice(options)

    def person(self) -> tuple[str, str]:
        """A name and the e-mail address that goes with it."""
        first, last = self.word(2), self.word(3)
        return f"{first.title()} {last.title()}", f"{first}.{last}@{self.word(3)}.example"

    def bearer(self, key: str, issuer: str, audience: str, **claims: object) -> str:
        """A JWT as an authorization server would issue it, valid for an hour from now."""
        now = int(time.time())
        payload: dict[str, object] = {
            "iss": issuer, "aud": audience, "sub": f"usr_{self.text(12)}",
            "iat": now, "exp": now + 3600, "jti": self.uuid(),
        }
        return jwt.encode(payload | claims, key, algorithm="HS256")
