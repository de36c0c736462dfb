"""Every kind of notice and what it says.

A room that needs another one adds it here, or when it is imported: `SENTENCES["kind"] = Sentence(...)`. Blanks are named
(`%(title)s`) and filled with the facts given to `tell()`. Without subject and body, a kind never goes by mail. A mail's body is
followed by the link.
"""

from dataclasses import dataclass

from app.notices.words import N_


@dataclass(frozen=True)
class Sentence:
    """What one kind of notice says: in the app, and as a mail."""

    title: str
    subject: str = ""
    body: str = ""
    icon: str = "bell"


SENTENCES: dict[str, Sentence] = {
    "review_wanted": Sentence(
        title=N_("%(author)s has proposed “%(title)s”."),
        subject=N_("For review: %(title)s"),
        body=N_("%(author)s has proposed a post: “%(title)s”. An answer is expected within one working day.\n\nRead it here:"),
        icon="review",
    ),
    "changes_requested": Sentence(
        title=N_("%(reviewer)s asks for changes to “%(title)s”."),
        subject=N_("Changes asked for: %(title)s"),
        body=N_(
            "%(reviewer)s has read “%(title)s” and left you remarks. Your text is as you left it; "
            "change what you agree with and submit it again.\n\nThe remarks:"
        ),
        icon="remark",
    ),
    "proposal_approved": Sentence(
        title=N_("“%(title)s” is approved. Colleagues can share it now."),
        subject=N_("Approved: %(title)s"),
        body=N_("Good news: %(reviewer)s has approved “%(title)s”. Your colleagues can share it now.\n\nLook at it:"),
        icon="done",
    ),
    "proposal_approved_ahead": Sentence(
        title=N_("“%(title)s” is approved. Colleagues can share it as soon as its time has come."),
        subject=N_("Approved: %(title)s"),
        body=N_(
            "Good news: %(reviewer)s has approved “%(title)s”. Your colleagues can share it as soon as its time has come.\n\nLook at it:"
        ),
        icon="done",
    ),
    "proposal_declined": Sentence(
        title=N_("“%(title)s” was not taken. %(reviewer)s tells you why."),
        subject=N_("About your proposal: %(title)s"),
        body=N_(
            "Thank you for “%(title)s”. %(reviewer)s has decided not to publish it. The reason is for you alone, "
            "and your text is kept.\n\nRead why:"
        ),
        icon="remark",
    ),
    "proposal_withdrawn": Sentence(
        title=N_("%(author)s has withdrawn “%(title)s”. You need not review it."),
        subject=N_("No review needed: %(title)s"),
        body=N_("%(author)s has withdrawn “%(title)s” while you were reviewing it. You need not do anything.\n\nThe queue:"),
        icon="skip",
    ),
    "remark_answered": Sentence(
        title=N_("%(author)s has answered your remark on “%(title)s”."),
        subject=N_("Answer to your remark: %(title)s"),
        body=N_("%(author)s has answered your remark on “%(title)s”.\n\nRead the answer:"),
        icon="remark",
    ),
    "rulebook_changed": Sentence(
        title=N_("A guideline that matters has changed. Please read it once."),
        subject=N_("Our guidelines have changed"),
        body=N_("A guideline that matters has changed. Please read what is new and confirm it once.\n\nWhat changed:"),
        icon="guidelines",
    ),
    "post_withdrawn": Sentence(
        title=N_("“%(title)s” has been withdrawn. What had not gone out yet was stopped."),
        subject=N_("Withdrawn: %(title)s"),
        body=N_(
            "“%(title)s” must not be shared any more. What you had planned and had not gone out yet was stopped; "
            "you need not do anything for it. What is published stays until you take it back.\n\nYour shares:"
        ),
        icon="skip",
    ),
    "shared_post_withdrawn": Sentence(
        title=N_("“%(title)s” has been withdrawn: %(reason)s"),
        subject=N_("Withdrawn: %(title)s"),
        body=N_(
            "“%(title)s” must not be shared any more: %(reason)s\n\nWhat you had planned and had not gone out yet was stopped; "
            "you need not do anything for it. What is published stays until you take it back.\n\nYour shares:"
        ),
        icon="skip",
    ),
    "own_post_withdrawn": Sentence(
        title=N_("%(by)s has withdrawn your post “%(title)s”: %(reason)s"),
        subject=N_("Withdrawn: %(title)s"),
        body=N_("%(by)s has withdrawn your post “%(title)s”, so nobody can share it any more: %(reason)s\n\nYour proposal:"),
        icon="skip",
    ),
    "delivery_failed": Sentence(
        title=N_("“%(title)s” did not go out on %(network)s."),
        subject=N_("Did not go out: %(title)s"),
        body=N_(
            "Your share of “%(title)s” did not go out on %(network)s. Nothing was published in your name.\n\nWhy, and what you can do:"
        ),
        icon="bad",
    ),
    "delivery_unconfirmed": Sentence(
        title=N_("Did “%(title)s” arrive on %(network)s? We could not see it."),
        subject=N_("Please look once: %(title)s"),
        body=N_(
            "We sent “%(title)s” to %(network)s and got no clear answer. So that nothing appears twice, we do not send it "
            "again by ourselves. Look at your profile and tell us with one click.\n\nAnswer here:"
        ),
        icon="question",
    ),
    "reconnect_needed": Sentence(
        title=N_("%(network)s asks you to connect %(account)s again."),
        subject=N_("Please connect %(network)s again"),
        body=N_(
            "%(network)s does not accept our connection to %(account)s any more. What you had planned there waits until you "
            "connect again; nothing is lost.\n\nOpen the page below, choose “Connect again” beside %(account)s, sign in at %(network)s "
            "and say yes there. Then what waits goes on by itself.\n\nConnect again:"
        ),
        icon="accounts",
    ),
    "account_connected": Sentence(
        title=N_("%(account)s on %(network)s is connected."),
        subject=N_("%(network)s is connected"),
        body=N_(
            "%(account)s on %(network)s is connected now. If that was not you, disconnect it and change your password.\n\nYour accounts:"
        ),
        icon="accounts",
    ),
    "account_disconnected": Sentence(title=N_("%(account)s on %(network)s is disconnected."), icon="accounts"),
    "invitation": Sentence(
        title=N_("You are invited to %(company)s."),
        subject=N_("Your invitation to share the voice of %(company)s"),
        body=N_(
            "Hello %(name)s,\n\n%(by)s invites you to Outspoken, where the people of %(company)s share what is worth sharing, "
            "each from their own accounts. You decide what you share; nobody can post in your name.\n\n"
            "Choose a password within seven days:"
        ),
        icon="mail",
    ),
    "reset": Sentence(
        title=N_("A new password was asked for."),
        subject=N_("Choose a new password"),
        body=N_(
            "Hello %(name)s,\n\nsomebody, hopefully you, asked for a new password at %(company)s. If it was not you, do nothing: "
            "your password stays as it is.\n\nChoose a new password within one hour:"
        ),
        icon="mail",
    ),
}

# What is said of a kind that a newer or older release knows.
UNKNOWN = Sentence(title=N_("There is news for you."))
