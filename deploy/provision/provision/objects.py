"""MinIO's buckets, users and policies: each service its own bucket, and one prefix of those it takes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import urllib3
from minio import Minio, MinioAdmin
from minio.commonconfig import ENABLED, Filter
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from minio.sseconfig import Rule as EncryptionRule
from minio.sseconfig import SSEConfig

from provision.settings import OBJECT_OWNERS, Settings

HANDED_OVER: Mapping[str, tuple[str, ...]] = {"documents": ("messaging",), "messaging": ("documents", "synthesis")}
"""Who may read, of whose bucket, what was handed over to it (the claim check)."""

HANDOVER_DAYS = 65
"""Longer than the topics that name a handover (30 d), their dead letters (30 d), and a segment of each."""
TEMPORARY_DAYS = 1
"""Longer than any copy takes."""

INCOMING_DAYS = 90
"""Longer than intake (30 d) and dead letters (30 d) live: nothing else deletes a letter taken at the door."""

OWN_OBJECTS = (
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts",
)  # fmt: skip
OWN_BUCKET = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
ALREADY_SO = "XMinioAdminPolicyChangeAlreadyApplied"
BOUND = urllib3.Timeout(connect=2, read=20)


def client(settings: Settings) -> Minio:
    """The administrator's client."""
    return Minio(
        settings["PLI_OBJECTS_ENDPOINT"], settings["PLI_OBJECTS_ACCESS_KEY"], settings["PLI_OBJECTS_SECRET_KEY"],
        secure=_secure(settings), region=settings["PLI_OBJECTS_REGION"], http_client=_pool(),
    )  # fmt: skip


def admin_client(settings: Settings) -> MinioAdmin:
    return MinioAdmin(
        endpoint=settings["PLI_OBJECTS_ENDPOINT"],
        credentials=StaticProvider(settings["PLI_OBJECTS_ACCESS_KEY"], settings["PLI_OBJECTS_SECRET_KEY"]),
        region=settings["PLI_OBJECTS_REGION"], secure=_secure(settings), http_client=_pool(),
    )  # fmt: skip


def _secure(settings: Settings) -> bool:
    return settings.get("PLI_OBJECTS_SECURE", "false") == "true"


def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=BOUND, retries=False)


def answers(objects: Minio) -> None:
    """Raise unless an authenticated call is answered."""
    objects.list_buckets()


def provision(objects: Minio, admin: MinioAdmin, settings: Settings) -> str:
    """Bring buckets, users and policies to what is declared; a sentence on what there is now."""
    owners = settings.passwords(OBJECT_OWNERS)
    for bucket in owners:
        have_bucket(objects, bucket, settings["PLI_OBJECTS_REGION"])
    for user, secret in owners.items():
        have_user(admin, user, secret)
    return f"objects: {len(owners)} buckets, each with its user"


def have_bucket(objects: Minio, bucket: str, region: str) -> None:
    """A bucket encrypted at rest, whose passing objects expire."""
    if not objects.bucket_exists(bucket):
        objects.make_bucket(bucket, location=region)
    objects.set_bucket_encryption(bucket, SSEConfig(EncryptionRule.new_sse_s3_rule()))
    objects.set_bucket_lifecycle(bucket, LifecycleConfig(expiries(bucket)))


def expiries(bucket: str) -> list[Rule]:
    """What a bucket forgets by itself."""
    rules = [_expiry("handover", HANDOVER_DAYS), _expiry("temporary", TEMPORARY_DAYS)]
    return [*rules, _expiry("incoming", INCOMING_DAYS)] if bucket == "messaging" else rules


def _expiry(prefix: str, days: int) -> Rule:
    return Rule(ENABLED, rule_filter=Filter(prefix=f"{prefix}/"), rule_id=prefix, expiration=Expiration(days=days))


def have_user(admin: MinioAdmin, user: str, secret: str) -> None:
    """A user with exactly its own policy."""
    admin.policy_add(user, policy=policy(user))
    admin.user_add(user, secret)
    try:
        admin.attach_policy([user], user=user)
    except MinioAdminException as error:
        if ALREADY_SO not in str(error):
            raise


def policy(user: str) -> dict[str, Any]:
    """Its own bucket, and reading what others handed over to it."""
    statements = [
        _allow(OWN_OBJECTS, f"{user}/*"),
        _allow(OWN_BUCKET, user),
        *(_allow(("s3:GetObject",), f"{owner}/handover/{user}/*") for owner in HANDED_OVER.get(user, ())),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [f"arn:aws:s3:::{resource}"]}
