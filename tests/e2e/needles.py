"""The forms in which a secret may hide in an output, and the search for them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 6  # characters; what is shorter is found by chance
ANSI = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def forms_of(secret: str) -> dict[str, bytes]:
    """Every form by name; forms that are equal count once."""
    raw = secret.encode()
    json_text = json.dumps(secret)[1:-1]
    forms = {
        "raw": raw,
        "percent-encoded": quote(secret, safe="").encode(),
        "percent-encoded, slashes kept": quote(secret).encode(),
        "percent-encoded, lower case": re.sub("%..", lambda code: code[0].lower(), quote(secret, safe="")).encode(),
        "percent-encoded twice": quote(quote(secret, safe=""), safe="").encode(),
        "form-encoded": quote_plus(secret).encode(),
        "all percent-encoded": "".join(f"%{byte:02X}" for byte in raw).encode(),
        "JSON": json_text.encode(),
        "JSON, slashes escaped": json_text.replace("/", "\\/").encode(),
        "JSON, &<>'+= escaped": re.sub("[&<>'+=]", lambda sign: f"\\u{ord(sign[0]):04x}", json_text).encode(),
        "HTML": html.escape(secret).encode(),
        "HTML, quotes kept": html.escape(secret, quote=False).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for offset in range(3):
        for name, altchars in [("base64", b"+/"), ("base64url", b"-_")]:
            forms[f"{name} at offset {offset}"] = _base64_inside(raw, offset, altchars)
    by_bytes = {form: name for name, form in reversed(forms.items())}
    return {name: form for form, name in by_bytes.items() if len(form) >= SHORTEST}


def _base64_inside(raw: bytes, offset: int, altchars: bytes) -> bytes:
    """The characters that depend on `raw` alone where it stands `offset` bytes behind a group's start."""
    encoded = base64.b64encode(bytes(offset) + raw, altchars)
    first = -(-offset * 8 // 6)
    last = (offset + len(raw)) * 8 // 6
    return encoded[first:last]


def secrets_of(planted: Iterable[str]) -> list[str]:
    """What must not appear: the planted values, and of a JWT its payload and its signature, too."""
    found = []
    for value in planted:
        parts = value.split(".")
        found += [value, *(parts[1:] if value.startswith("eyJ") and len(parts) == 3 else [])]
    return [one for one in dict.fromkeys(found) if len(one) >= SHORTEST]


class Search:
    def __init__(self, planted: Iterable[str]) -> None:
        self._forms = [(number, name, form) for number, secret in enumerate(secrets_of(planted), 1)
                       for name, form in forms_of(secret).items()]

    def in_bytes(self, data: bytes) -> list[str]:
        """Names of the forms that are there; never the secret itself."""
        # A terminal's table may break a value over lines and colour it.
        plain = ANSI.sub(b"", data)
        joined = re.sub(rb"[\r\n]\s*", b"", plain)
        return [f"secret {number}, {name}: …{_surroundings(text, form)}" for number, name, form in self._forms
                for text in [next((one for one in (data, plain, joined) if form in one), b"")] if text]

    def in_files(self, folder: Path) -> list[str]:
        found = []
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                found += [f"{path.name}: {what}" for what in self.in_bytes(path.read_bytes())]
        return found


def _surroundings(text: bytes, form: bytes) -> str:
    at = text.index(form)
    return text[max(0, at - 40):at].decode(errors="replace") + "‹here›"
