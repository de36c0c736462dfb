"""One request, and what its failure means: that depends on how far it got and on the step it belongs to."""

from collections.abc import Mapping, Sequence
from enum import Enum
from http.client import HTTPException
from typing import Any, TypedDict, Unpack

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema, Timeout
from urllib3.exceptions import HTTPError

from app.networks.addresses import NotSentError
from app.networks.faults import Ambiguous, NetworkFault, Permanent, Retryable
from app.networks.http import AnswerTooLargeError

TRANSPORT_ERRORS = (NotSentError, AnswerTooLargeError, OSError, HTTPError, HTTPException, UnicodeError)


class Step(Enum):
    """Where in the way of a delivery a request stands: the same failure means different things."""

    READ = "read"
    PREPARE = "prepare"
    PUBLISH = "publish"


class Options(TypedDict, total=False):
    """What a request may carry; timeouts are (connect, read) in seconds."""

    params: Mapping[str, str] | Sequence[tuple[str, str]]
    data: Mapping[str, str]
    json: Mapping[str, Any]
    files: Mapping[str, tuple[str, bytes, str]]
    headers: Mapping[str, str]
    timeout: tuple[float, float]


def call(session: requests.Session, method: str, url: str, *, step: Step = Step.READ, **options: Unpack[Options]) -> requests.Response:
    """One request; every failure of the transport comes out as a fault that fits the step."""
    try:
        return session.request(method, url, **options)
    except TRANSPORT_ERRORS as error:
        raise transport_fault(error, step) from error


def transport_fault(error: Exception, step: Step) -> NetworkFault:
    """Before any byte left: Retryable. After: Ambiguous while publishing, else Retryable. What we refuse to call at all:
    Permanent.
    """
    if isinstance(error, NotSentError):
        return _not_sent(error)
    if isinstance(error, (InvalidURL, InvalidSchema, MissingSchema, InvalidHeader)):
        return Permanent("bad_address", type(error).__name__)
    code = _loss(error)
    return Ambiguous(code, type(error).__name__) if step is Step.PUBLISH else Retryable(code, type(error).__name__)


def _not_sent(error: NotSentError) -> NetworkFault:
    if error.code in {"address_refused", "scheme_refused"}:
        return Permanent(error.code, error.detail)
    return Retryable("overslept" if error.code == "late" else "unreachable", f"{error.code} {error.detail}")


def _loss(error: Exception) -> str:
    if isinstance(error, AnswerTooLargeError):
        return "answer_too_large"
    if isinstance(error, requests.TooManyRedirects):
        return "too_many_redirects"
    late = isinstance(error, Timeout) or "timed out" in str(error).lower()
    return "timeout" if late else "connection_lost"
