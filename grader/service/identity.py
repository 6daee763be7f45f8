"""Who sends a request: whoever has a token, or a browser that is signed in and asks from one of our own pages."""

import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from grader.service.store import Store
from grader.service.users import User, user_with
from grader.service.visits import visitor

COOKIE = "grader_visit"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def sender(store: Store, headers: Headers) -> User | None:
    """Who sends it: by the token, and by the cookie where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind:
        return user_with(store, token.strip()) if kind.lower() == "bearer" else None
    cookie = cookie_of(headers)
    return visitor(store, cookie, time.time()) if cookie else None


def cookie_of(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def forged(method: str, headers: Headers) -> bool:
    """Whether another site may have made a browser send this: a cookie goes along whoever asks, a token does not."""
    if method in SAFE_METHODS or "authorization" in headers:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    return urlsplit(headers.get("origin", "")).netloc != headers.get("host", "-")
