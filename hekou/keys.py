"""Fresh secrets for one installation: `python -m hekou.keys >> .env`; the demo and the tests make their own."""

import base64
import os
import secrets


def fresh_keys() -> dict[str, str]:
    """New values for the three secrets the settings demand, by variable name.

    FIELD_KEYS holds one `id:key` pair; to rotate, put a new pair with another id in front and keep the old one.
    """
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"k1:{_key()}",
        "INDEX_KEY": _key(),
    }


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


if __name__ == "__main__":
    print("\n".join(f"{name}={value}" for name, value in fresh_keys().items()))
