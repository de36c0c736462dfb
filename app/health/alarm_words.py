"""What admins are told when something is wrong, with the step that mends it, and when it is over."""

from app.notices.sentences import SENTENCES, Sentence
from app.notices.words import N_

KINDS = ("overdue", "stuck", "untold", "keys", "mails", "worker", "beat")

SENTENCES["alarm_overdue"] = Sentence(
    title=N_("Shares are overdue: %(count)s should have left more than five minutes ago."),
    subject=N_("Outspoken: shares are overdue"),
    body=N_(
        "%(count)s shares should have left more than five minutes ago and are still here. Nothing is lost; what becomes too late is left "
        "out, and its owner is asked.\n\nLook at the health page: it says whether a worker runs and whether a network has asked us to "
        "wait. If the workers cannot keep up, start another one: python3 run.py worker.\n\nThe health page:"
    ),
    icon="warn",
)
SENTENCES["alarm_overdue_over"] = Sentence(
    title=N_("Shares leave on time again."),
    subject=N_("Outspoken: shares leave on time again"),
    body=N_("No share has been overdue for five minutes.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_stuck"] = Sentence(
    title=N_("%(count)s shares are stuck while sending."),
    subject=N_("Outspoken: shares are stuck"),
    body=N_(
        "%(count)s shares were being sent when their worker ended, and nobody has looked after them for five minutes. They are not sent "
        "again blindly.\n\nStart the workers again: python3 run.py worker. They look at the networks whether those shares "
        "arrived.\n\nThe health page:"
    ),
    icon="warn",
)
SENTENCES["alarm_stuck_over"] = Sentence(
    title=N_("No share is stuck any more."),
    subject=N_("Outspoken: no share is stuck any more"),
    body=N_("What was stuck while sending has been looked after.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_untold"] = Sentence(
    title=N_("%(count)s people have not been told what is planned in their name."),
    subject=N_("Outspoken: planned shares are not announced"),
    body=N_(
        "A post was approved more than ten minutes ago, and %(count)s people have not been told yet what their standing consents planned "
        "with it. Nothing goes out before they have heard of it and had two hours to say no.\n\nLook whether a worker runs, and into its "
        "log: it says why the job make-planned-shares failed.\n\nThe health page:"
    ),
    icon="warn",
)
SENTENCES["alarm_untold_over"] = Sentence(
    title=N_("Everybody has been told what is planned in their name."),
    subject=N_("Outspoken: planned shares are announced again"),
    body=N_("Nobody waits any more for word of what their standing consents have planned.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_keys"] = Sentence(
    title=N_("%(count)s shares wait because a key is missing in ENCRYPTION_KEYS."),
    subject=N_("Outspoken: an encryption key is missing"),
    body=N_(
        "%(count)s shares wait: none of the keys in ENCRYPTION_KEYS opens the stored access to their accounts.\n\nPut the missing key back "
        "behind the new one in ENCRYPTION_KEYS, restart everything, and run python3 run.py reseal. If the key is lost for good, the owners "
        "have to connect their accounts again; they have been told how.\n\nThe health page:"
    ),
    icon="bad",
)
SENTENCES["alarm_keys_over"] = Sentence(
    title=N_("No share waits for a missing key any more."),
    subject=N_("Outspoken: no key is missing any more"),
    body=N_("Every stored access that is needed can be opened.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_mails"] = Sentence(
    title=N_("Mails do not leave: %(count)s have waited for more than a quarter of an hour."),
    subject=N_("Outspoken: mails did not leave"),
    body=N_(
        "%(count)s mails had waited for more than a quarter of an hour when this one was written.\n\nRun python3 run.py doctor: it tries "
        "MAIL_URL and says what the mail server answers.\n\nThe health page:"
    ),
    icon="warn",
)
SENTENCES["alarm_mails_over"] = Sentence(
    title=N_("Mails leave again."),
    subject=N_("Outspoken: mails leave again"),
    body=N_("No mail has waited for long for five minutes.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_worker"] = Sentence(
    title=N_("No worker runs: nothing is published."),
    subject=N_("Outspoken: no worker runs"),
    body=N_(
        "No worker has been seen for some minutes, so nothing is published and no mail leaves by itself; this one was sent by the web "
        "server. Nothing is lost.\n\nStart one: python3 run.py worker. If one runs, it does not reach the database: its log says "
        "why.\n\nThe health page:"
    ),
    icon="bad",
)
SENTENCES["alarm_worker_over"] = Sentence(
    title=N_("A worker runs again."),
    subject=N_("Outspoken: a worker runs again"),
    body=N_("What was due leaves now; what had become too late was left out, and its owners asked.\n\nThe health page:"),
    icon="done",
)
SENTENCES["alarm_beat"] = Sentence(
    title=N_("The schedule (beat) has stopped."),
    subject=N_("Outspoken: the schedule has stopped"),
    body=N_(
        "No message of the schedule has arrived for some minutes. Shares still leave, because every worker looks for itself; mails, "
        "readings and the look ahead at planned shares wait.\n\nStart it: python3 run.py beat. If it runs, its messages find no broker: "
        "look whether Redis or RabbitMQ answers.\n\nThe health page:"
    ),
    icon="warn",
)
SENTENCES["alarm_beat_over"] = Sentence(
    title=N_("The schedule (beat) runs again."),
    subject=N_("Outspoken: the schedule runs again"),
    body=N_("Its messages arrive again.\n\nThe health page:"),
    icon="done",
)
