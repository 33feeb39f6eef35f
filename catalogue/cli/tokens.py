"""How do people get the right to change something?"""

from __future__ import annotations

import click

from catalogue.model import Role
from catalogue.settings import Settings


@click.group()
def token() -> None:
    """Give and take away the tokens with which people and machines make changes."""


@token.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="holder",
    show_default=True,
    help="What the person may do, see above.",
)
@click.option("--label", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="After how many days it expires. [default: never]")
@click.pass_obj
def create(settings: Settings, name: str, role: str, label: str, days: int | None) -> None:
    """Make a token for a person or machine called NAME and print it; it cannot be shown again.

    \b
    holder    adds datasets, changes own ones
    reviewer  changes any, adds catalogues
    admin     everything

    \b
    Example:
        catalogue token create "Radiology, UMC Waalstad" --role holder --days 365
    """
    from catalogue.ledger import Ledger, People

    with Ledger(settings.ledger_path) as ledger:
        people = People(ledger.engine)
        person = people.ensure(name, Role(role))
        if person.role != role:
            raise click.UsageError(f"{name!r} is here already, as {person.role}.")
        click.echo(people.add_token(person, label, days=days))


@token.command(name="list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the tokens, without their secrets."""
    from catalogue.ledger import Ledger, People

    with Ledger(settings.ledger_path) as ledger:
        for row in People(ledger.engine).tokens():
            end = "revoked" if row.revoked else f"until {row.expires:%Y-%m-%d}" if row.expires else "valid"
            click.echo(f"{row.id:>4}  {row.role:<8}  {end:<16}  {row.person}  ({row.label})")


@token.command()
@click.argument("number", type=int)
@click.pass_obj
def revoke(settings: Settings, number: int) -> None:
    """End the token with this number (see `catalogue token list`)."""
    from catalogue.ledger import Ledger, People

    with Ledger(settings.ledger_path) as ledger:
        People(ledger.engine).revoke(number)
    click.echo(f"Token {number} is revoked.")
