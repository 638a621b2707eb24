"""Kafka's topics, users and rights, made to agree with the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it names no exports
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from provision.errors import PartitionsDiffer
from provision.rights import Operation, Resource, Right, Topic, rights
from provision.settings import KAFKA_USERS, Settings

BOUND_S = 30.0
SCRAM_ITERATIONS = 4096

_RESOURCES = {Resource.TOPIC: ResourceType.TOPIC, Resource.GROUP: ResourceType.GROUP}
_OPERATIONS = {
    Operation.READ: AclOperation.READ,
    Operation.WRITE: AclOperation.WRITE,
    Operation.DESCRIBE: AclOperation.DESCRIBE,
}


def client(settings: Settings) -> AdminClient:
    """The administrator's client."""
    return AdminClient(
        {
            "bootstrap.servers": settings["PLI_KAFKA_BOOTSTRAP"],
            "security.protocol": settings.get("PLI_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings["PLI_KAFKA_USERNAME"],
            "sasl.password": settings["PLI_KAFKA_PASSWORD"],
            "log_level": 0,
        }
    )


def answers(admin: AdminClient) -> None:
    """Raise unless an admin call is answered."""
    admin.list_topics(timeout=2)


def provision(admin: AdminClient, topics: Sequence[Topic], settings: Settings, replication: int) -> str:
    """Bring the cluster to what the registry says; a sentence on what it took."""
    created = create_topics(admin, topics, replication)
    configure_topics(admin, [topic for topic in topics if topic.name not in created])
    users = settings.passwords(KAFKA_USERS)
    set_passwords(admin, users)
    added, removed = set_rights(admin, rights(topics))
    return (
        f"kafka: {len(created)} of {len(topics)} topics created, {len(users)} users,"
        f" {added} rights added, {removed} removed"
    )


def create_topics(admin: AdminClient, topics: Iterable[Topic], replication: int) -> set[str]:
    """Create what is missing; what is there must have the declared partitions."""
    found = admin.list_topics(timeout=BOUND_S).topics
    missing = []
    for topic in topics:
        if topic.name not in found:
            missing.append(NewTopic(topic.name, topic.partitions, replication, config=dict(topic.config)))
        elif len(found[topic.name].partitions) != topic.partitions:
            raise PartitionsDiffer(topic.name, len(found[topic.name].partitions), topic.partitions)
    if missing:
        _wait(admin.create_topics(missing, operation_timeout=BOUND_S))
    return {topic.topic for topic in missing}


def configure_topics(admin: AdminClient, topics: Iterable[Topic]) -> None:
    """Set the declared configuration on topics that were there before."""
    resources = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            topic.name,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                for name, value in topic.config.items()
            ],
        )
        for topic in topics
        if topic.config
    ]
    if resources:
        _wait(admin.incremental_alter_configs(resources))


def set_passwords(admin: AdminClient, users: Mapping[str, str]) -> None:
    """Give each user its SCRAM password."""
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(user, how, password.encode()) for user, password in users.items()
    ]
    if changes:
        _wait(admin.alter_user_scram_credentials(changes))


def set_rights(admin: AdminClient, wanted: Iterable[Right]) -> tuple[int, int]:
    """Make the cluster's rights exactly these, so that one taken out of the registry is gone."""
    declared = {_binding(right) for right in wanted}
    present = set(admin.describe_acls(_EVERYTHING).result(BOUND_S))
    added, removed = declared - present, present - declared
    if added:
        _wait(admin.create_acls(list(added)))
    if removed:
        _wait(admin.delete_acls([_exactly(binding) for binding in removed]))
    return len(added), len(removed)


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        _RESOURCES[right.resource], right.name, ResourcePatternType.LITERAL, f"User:{right.user}", "*",
        _OPERATIONS[right.operation], AclPermissionType.ALLOW,
    )  # fmt: skip


_EVERYTHING = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # documented: None matches any value
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.host,
        binding.operation, binding.permission_type,
    )  # fmt: skip


def _wait(futures: Mapping[Any, Future[Any]]) -> None:
    for future in futures.values():
        future.result(BOUND_S)
