"""The commands: `python3 run.py <command>` ends up here."""

import os
from pathlib import Path

import click

import config

ROOT = Path(__file__).resolve().parent.parent


@click.group()
def main() -> None:
    """Outspoken."""
    os.chdir(ROOT)


@main.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
@click.pass_context
def run(ctx: click.Context) -> None:
    """Run the whole product on this machine, database and broker included."""
    from app import lean  # noqa: PLC0415 - a command loads only what it needs
    from app.embedded.run import main as start  # noqa: PLC0415

    lean.give_back()
    raise SystemExit(start(ctx.args))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option("--rest", default=30.0, show_default=True, help="Seconds without a request until processes are made fresh; 0: never.")
def web(host: str, port: int, workers: int, rest: float) -> None:
    """Serve the pages."""
    from app.serving import serve  # noqa: PLC0415

    serve(host=host, port=port, workers=workers, rest=rest)


@main.command()
@click.option("--threads", default=8, show_default=True)
@click.option("--name", default="worker@%h", show_default=True)
@click.option("--beat", "keeps_schedule", is_flag=True, help="Keep the schedule too, instead of a process of its own.")
def worker(threads: int, name: str, keeps_schedule: bool) -> None:
    """Publish, fetch, mail: the Celery worker."""
    from app import working  # noqa: PLC0415

    raise SystemExit(working.work(threads=threads, name=name, keeps_schedule=keeps_schedule))


@main.command()
def beat() -> None:
    """Keep the schedule: Celery beat. Run exactly one; a second one is harmless."""
    from app import working  # noqa: PLC0415

    working.keep_schedule()


@main.command()
@click.option("--down", default="", help="Take the database down to this revision instead.")
def migrate(down: str) -> None:
    """Bring the database up to date."""
    from app import migrate as migrations  # noqa: PLC0415

    if down:
        migrations.downgrade(down)
    else:
        migrations.upgrade()


@main.command()
def demo() -> None:
    """Load the demo company (does nothing when it is there)."""
    from app import demo as company  # noqa: PLC0415

    _prepared()
    try:
        company.load()
        click.echo(company.people_to_print())
    except company.Occupied as reason:
        click.echo(str(reason))
    except company.NotHere as reason:
        raise click.ClickException(str(reason)) from reason


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def doctor(as_json: bool) -> None:
    """Check every part of this installation and say how to mend what is broken."""
    from app.health import doctor as examination  # noqa: PLC0415

    raise SystemExit(examination.main(as_json=as_json))


@main.command()
def reseal() -> None:
    """Encrypt everything that is sealed with the newest key."""
    from app.health import reseal as sealing  # noqa: PLC0415

    _prepared()
    click.echo(f"{sealing.reseal()} values are sealed with the newest key.")
    count, closed = sealing.unreadable()
    if closed:
        raise SystemExit(f"{closed} of {count} open with none of the keys and were left alone. Put their key back and run this again.")


@main.command()
def restored() -> None:
    """After a backup was put back, and before workers start: what may have left since is looked for before it is sent."""
    from app.clock import now  # noqa: PLC0415
    from app.sharing import restoring  # noqa: PLC0415

    _prepared()
    click.echo(f"{restoring.doubt(now=now())} shares may have left already. They are looked for before anything is sent.")


@main.command("create-admin")
@click.argument("email")
@click.argument("name")
def create_admin(email: str, name: str) -> None:
    """Create an admin and print the link with which to set the password."""
    from app.db import transaction  # noqa: PLC0415
    from app.people import invitations  # noqa: PLC0415

    _prepared()
    with transaction():
        click.echo(invitations.create_admin(email=email, name=name))


@main.command()
def translations() -> None:
    """Take up new sentences into the catalogs, and say what is not translated yet."""
    from app import catalog  # noqa: PLC0415

    for language in catalog.LANGUAGES:
        left = catalog.update(language)
        click.echo(f"{catalog.path_of(language).relative_to(ROOT)}: {len(catalog.extracted())} sentences, {left} to translate")


def _prepared() -> None:
    """Connect to the database for a command."""
    from app import db, models  # noqa: F401, PLC0415 - all mappers

    db.connect(config.settings().database_url)


if __name__ == "__main__":
    try:
        main(prog_name="run.py")
    except config.ConfigError as error:
        raise SystemExit(str(error)) from error
