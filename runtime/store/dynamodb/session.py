"""The session of botocore that clients of AWS are made from, here and in commands."""

import os
from typing import Any


def aws_session() -> Any:
    """A session with the region, the credentials and the profile of the environment.

    The region is that of AWS_REGION, as for AWS's other SDKs and its CLI (AWS SDKs and Tools Reference Guide, "AWS
    Region"), then of AWS_DEFAULT_REGION, which is all that botocore reads, then of the profile.
    """
    from botocore.session import get_session

    session = get_session()
    if region := os.environ.get("AWS_REGION"):
        session.set_config_variable("region", region)
    return session
