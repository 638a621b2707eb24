"""The rights as the running servers see them."""

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from minio import Minio
from minio.error import S3Error
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from stack.control import Stack
from stack.probes import kafka_client

pytestmark = pytest.mark.stack


@pytest.fixture
def stack() -> Stack:
    return Stack()


def client(stack: Stack, process: str) -> dict[str, str | int | float | bool]:
    env = stack.env(process)
    return kafka_client(env["PLI_KAFKA_BOOTSTRAP"], env["PLI_KAFKA_USERNAME"], env["PLI_KAFKA_PASSWORD"])


def write_error(stack: Stack, process: str, topic: str) -> KafkaError | None:
    """What the broker says to a record of this process on this topic. Its id and type are nobody's."""
    said: list[KafkaError | None] = []
    producer = Producer({**client(stack, process), "enable.idempotence": True, "message.timeout.ms": 10_000})
    try:
        producer.produce(
            topic, b"", headers={"ce_type": "test.nothing"}, callback=lambda error, _: said.append(error)
        )
        producer.flush(15)
    except KafkaException as error:
        return error.args[0]
    return said[0]


def test_a_service_cannot_write_the_topic_of_another(stack: Stack) -> None:
    error = write_error(stack, "documents", "auth.patients")
    assert error is not None
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_the_door_cannot_write_what_only_the_worker_says(stack: Stack) -> None:
    error = write_error(stack, "messaging-smtp", "messaging.events")
    assert error is not None
    assert error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_service_writes_its_own_topic_without_any_right_on_the_cluster(stack: Stack) -> None:
    assert write_error(stack, "documents", "documents.audit") is None


def test_nobody_creates_a_topic_by_naming_it(stack: Stack) -> None:
    assert write_error(stack, "documents", "documents.invented") is not None


def test_a_service_cannot_read_the_codes_of_patients(stack: Stack) -> None:
    settings = {
        **client(stack, "synthesis"),
        "group.id": "synthesis-on-auth.codes",
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    try:
        consumer.subscribe(["auth.codes"])
        record = consumer.poll(10)
        assert record is not None
        assert record.error().code() in {
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
        }
    finally:
        consumer.close()


def test_a_service_cannot_touch_the_database_of_another(stack: Stack) -> None:
    env = stack.env("documents")
    with MongoClient[dict[str, object]](
        env["PLI_MONGO_URI"], username=env["PLI_MONGO_USERNAME"], password=env["PLI_MONGO_PASSWORD"]
    ) as mongo:
        assert mongo["documents"]["nothing"].find_one() is None
        with pytest.raises(OperationFailure):
            mongo["auth"]["accounts"].find_one()
        with pytest.raises(OperationFailure):
            mongo["messaging"]["messages"].insert_one({})


def test_a_service_cannot_read_the_bucket_of_another(stack: Stack) -> None:
    env = stack.env("synthesis")
    objects = Minio(
        env["PLI_OBJECTS_ENDPOINT"], env["PLI_OBJECTS_ACCESS_KEY"], env["PLI_OBJECTS_SECRET_KEY"],
        secure=False, region=env["PLI_OBJECTS_REGION"],
    )  # fmt: skip
    assert list(objects.list_objects("synthesis", prefix="no/such/prefix")) == []
    with pytest.raises(S3Error, match="Access Denied"):
        list(objects.list_objects("documents"))
    with pytest.raises(S3Error, match="Access Denied"):
        objects.get_object("messaging", "incoming/x")
