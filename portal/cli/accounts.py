"""Accounts from the command line."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.accounts import queries, rules, service
from portal.db import unit_of_work
from portal.kernel.result import Err

accounts_group = AppGroup("accounts", help="Create accounts and give roles.")


@accounts_group.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(sorted(rules.STAFF_ROLES)),
    help="A staff role; may be given more than once.",
)
@click.option(
    "--demo-totp",
    is_flag=True,
    help="Demonstration only: set the second step up at once and print its key and code.",
)
@click.option(
    "--demo-password", help="Demonstration only: a password now instead of a mailed invitation."
)
def create_command(
    *, email: str, name: str, roles: tuple[str, ...], demo_totp: bool, demo_password: str | None
) -> None:
    """Create an account and send its owner a link to choose a password."""
    demonstration = demo_totp or demo_password is not None
    if demonstration and not current_app.config["SETTINGS"].show_demo:
        raise click.UsageError("--demo-totp and --demo-password are for demonstrations only.")
    key = code = None
    with unit_of_work() as session:
        if demo_password is None:
            result = service.invite_user(email=email, name=name, roles=roles)
        else:
            result = service.create_user(
                email=email, name=name, roles=roles, password=demo_password, confirmed=True
            )
        if isinstance(result, Err):
            session.rollback()
            raise click.ClickException(result.problem.message)
        if demo_totp:
            key = service.set_up_totp(user=result.value)
            code = service.current_code(result.value)
    click.echo(f"Created {email}.")
    if demo_password is None:
        click.echo("An invitation is on its way to that address.")
    if key:
        click.echo(f"Authenticator key: {key}\nCode at this moment: {code}")


@accounts_group.command("reset-second-step")
@click.argument("email")
def reset_second_step_command(email: str) -> None:
    """Remove a lost authenticator, after making sure who is asking."""
    with unit_of_work() as session:
        user = queries.user_by_email(email)
        if user is None:
            raise click.ClickException(f"There is no account with the address {email}.")
        result = service.reset_second_step(user_id=user.id)
        if isinstance(result, Err):
            session.rollback()
            raise click.ClickException(result.problem.message)
    click.echo("Removed. The person is signed out and sets up a new second step at sign-in.")


@accounts_group.command("close")
@click.argument("email")
def close_command(email: str) -> None:
    """Close an account; refused while the person holds open cases."""
    with unit_of_work() as session:
        user = queries.user_by_email(email)
        if user is None:
            raise click.ClickException(f"There is no account with the address {email}.")
        result = service.close_account(user_id=user.id)
        if isinstance(result, Err):
            session.rollback()
            raise click.ClickException(result.problem.message)
    click.echo("Closed. The person is signed out and cannot sign in; what they did is kept.")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(accounts_group)
