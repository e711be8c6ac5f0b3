"""Clients of AWS for commands, and what their errors mean to the person at the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from runtime.cli.failure import CommandError
from runtime.store.dynamodb.session import aws_session


def client(service: str) -> Any:
    """A client of botocore; region, credentials and profile are those of the environment. Raises CommandError."""
    with in_words():
        return aws_session().create_client(service)


@contextmanager
def in_words() -> Iterator[None]:
    """What AWS refuses, and what keeps it from being asked, is raised as CommandError."""
    from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

    try:
        yield
    except NoRegionError:
        raise CommandError(
            "Which region? Set AWS_DEFAULT_REGION or AWS_REGION, or give your profile one (aws configure)."
        ) from None
    except ClientError as error:
        told = error.response.get("Error", {})
        raise CommandError(f"AWS refuses {error.operation_name}: {told.get('Message') or told.get('Code')}") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS cannot be asked: {error}") from None
