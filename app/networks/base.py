"""The contract that every network fills, and the names that the other rooms use.

A network has no state of its own: accounts, tokens and payloads are passed in, results are handed back, the caller stores them.
What a method may raise is in its docstring; nothing else comes out. `publish` sends exactly one state-changing request.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from app.networks import counting
from app.networks.access import AppCredentials, AuthorizeStart, Grant, Identity, TokenSet
from app.networks.composing import Parts, compose
from app.networks.faults import (
    AccountBlocked,
    Ambiguous,
    Config,
    Duplicate,
    NetworkFault,
    Permanent,
    RateLimited,
    Reauth,
    Retryable,
)
from app.networks.rates import Budget, Rate, Rates
from app.networks.stored import Json
from app.networks.values import (
    Absent,
    Account,
    AlreadyGone,
    Attempt,
    Capabilities,
    Deleted,
    Draft,
    Found,
    Gone,
    Image,
    Limits,
    Metrics,
    Payload,
    Prepared,
    Published,
    Reconciled,
    TextCount,
    Unknown,
)

__all__ = [
    "Absent",
    "Account",
    "AccountBlocked",
    "AlreadyGone",
    "Ambiguous",
    "AppCredentials",
    "Attempt",
    "AuthorizeStart",
    "Budget",
    "Capabilities",
    "Config",
    "Deleted",
    "Draft",
    "Duplicate",
    "Found",
    "Gone",
    "Grant",
    "Identity",
    "Image",
    "Json",
    "Limits",
    "Metrics",
    "Network",
    "NetworkFault",
    "Parts",
    "Payload",
    "Permanent",
    "Prepared",
    "Published",
    "Rate",
    "RateLimited",
    "Rates",
    "Reauth",
    "Reconciled",
    "Retryable",
    "TextCount",
    "TokenSet",
    "Unknown",
    "compose",
]

CAUTIOUS = Rates(instance=(Rate(300, 300, "calls"),), account=(Rate(30, 3600),))


class Network(ABC):
    """One network, as the product sees it."""

    key: str
    name: str

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What can be done here; no I/O."""

    @abstractmethod
    def limits(self, account: Account | None = None) -> Limits:
        """The limits of the account's server, or the network's usual ones without an account. Keep them a day. Raises Retryable."""

    def rates(self, host: str = "") -> Rates:
        """What the network, or one server of it, allows us; no I/O. Cautious where nothing is known."""
        del host
        return CAUTIOUS

    def close(self) -> None:
        """Let go of kept-open connections; the network can still be used afterwards."""
        return

    def count_text(self, text: str, limits: Limits) -> TextCount:
        """The text as this network counts it; pure."""
        return counting.count(text, limits)

    def compose(self, parts: Parts, limits: Limits) -> str:
        """The text of a share within the limits; pure. Raises Permanent("too_long") with used and limit."""
        return compose(parts, lambda text: self.count_text(text, limits))

    @abstractmethod
    def render(self, draft: Draft, account: Account) -> Payload:
        """Exactly what will be sent; pure, the same draft always gives the same payload. Raises Permanent when it does not fit."""

    def server_for(self, hint: str) -> str:
        """The host on which this person logs in, from what they typed; "" where the network is one place. Raises Permanent."""
        del hint
        return ""

    def register_app(self, host: str, redirect_uri: str) -> AppCredentials:
        """Make our application known at a server, where that needs no admin. Raises Config, Retryable, RateLimited."""
        raise Config("registration_not_offered", f"{self.key} {host} {redirect_uri}")

    @abstractmethod
    def begin_authorize(self, app: AppCredentials, redirect_uri: str, hint: str = "") -> AuthorizeStart:
        """Where to send the person. Raises Config, Retryable, RateLimited."""

    @abstractmethod
    def complete_authorize(self, app: AppCredentials, pending: Json, params: Mapping[str, str]) -> Grant:
        """The account and its tokens, from what was kept and the query that came back. Raises Reauth, Config, Retryable."""

    @abstractmethod
    def refresh(self, app: AppCredentials, tokens: TokenSet) -> TokenSet:
        """New tokens in place of both old ones; never call it twice at once. Raises Reauth, Config, Retryable, RateLimited; Ambiguous when
        the request left and no readable answer came back: the old tokens may have been used up.
        """

    def verify(self, account: Account) -> None:
        """Whether the tokens still open the account, by one harmless reading request. Raises Reauth, AccountBlocked, Retryable,
        RateLimited; a network without such a request says nothing.
        """
        del account

    @abstractmethod
    def revoke(self, app: AppCredentials, tokens: TokenSet) -> bool:
        """Ask the network to forget the tokens; True when it said so. Raises nothing: we wipe ours in any case."""

    @abstractmethod
    def prepare(self, account: Account, payload: Payload, images: Sequence[Image]) -> Prepared:
        """Do everything that may be repeated without harm (uploads), so that publish is one request. Raises all but Ambiguous."""

    @abstractmethod
    def publish(self, account: Account, payload: Payload, prepared: Prepared) -> Published:
        """Send the one create request. Raises every fault; Ambiguous means that the post may be there."""

    @abstractmethod
    def reconcile(self, account: Account, attempt: Attempt) -> Reconciled:
        """What became of an attempt; Absent only when the network's answer proves it. Raises Retryable, RateLimited, Reauth."""

    @abstractmethod
    def delete(self, account: Account, remote_id: str) -> Deleted | AlreadyGone:
        """Take the post back; harmless to repeat. Raises all but Ambiguous."""

    @abstractmethod
    def metrics(self, account: Account, remote_ids: Sequence[str]) -> dict[str, Metrics | Gone]:
        """Counts for at most `capabilities().metrics_batch` posts of one server. Raises Retryable, RateLimited, Reauth, Config."""
