"""A server that speaks S3, for files kept as they are where the portal outgrows a machine.

moto's: what it does about keys, missing buckets, conditional writes and ranges is what Amazon's
documentation says. It checks who asks only once it is told to (``guard``).
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto import settings as moto_settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.server import ThreadedMotoServer

from portal.integrations.storage import Bucket
from tests.support.ports import free_port

REGION = "eu-west-2"
_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class S3Server:
    """What it holds outlives its being stopped, as a service's does that is out of reach."""

    def __init__(self) -> None:
        self._port = free_port()
        self._server: ThreadedMotoServer | None = None
        # moto keeps what it holds for as long as the process lives: each has a place of its own.
        self.name = f"portal-{self._port}"
        self.key_id, self.secret = "unguarded", "unguarded"

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Answer, with what there was before."""
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()

    def close(self) -> None:
        """The end of it, and of what it asks of whoever else starts one."""
        self.stop()
        moto_settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")

    def stop(self) -> None:
        """Out of reach: nobody listens."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def client(self, service: str = "s3") -> Any:
        """Amazon's own library, to look from outside."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
        )

    def make_bucket(self) -> None:
        """The bucket that settings name."""
        self.client().create_bucket(
            Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def guard(self) -> None:
        """From now on only a key that was given out opens the bucket."""
        iam = self.client("iam")
        iam.create_user(UserName=self.name)
        iam.put_user_policy(UserName=self.name, PolicyName="all", PolicyDocument=json.dumps(_ALL))
        key = iam.create_access_key(UserName=self.name)["AccessKey"]
        self.key_id, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        moto_settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        ActionAuthenticatorMixin.request_count = 0

    def bucket(self, **changes: str) -> Bucket:
        """Where it is and how to get in, in the portal's words."""
        known = {
            "endpoint": self.endpoint,
            "region": REGION,
            "key_id": self.key_id,
            "secret": self.secret,
        }
        return Bucket(**{**known, **changes})

    def settings(self) -> dict[str, str]:
        """The same as settings."""
        return {
            "storage_url": f"s3://{self.name}/portal",
            "storage_endpoint": self.endpoint,
            "storage_region": REGION,
            "storage_access_key_id": self.key_id,
            "storage_secret_access_key": self.secret,
        }

    def keys(self) -> list[str]:
        """The keys of everything in the bucket."""
        found = self.client().list_objects_v2(Bucket=self.name)
        return sorted(one["Key"] for one in found.get("Contents", ()))
