"""What the other services are told of replies."""

from contracts.messaging import ReplyStateChanged
from messaging.domain.consignment import Consignment, Delivery


def state_told(consignment: Consignment, delivery: Delivery) -> ReplyStateChanged:
    """A reply's state for one recipient."""
    return ReplyStateChanged(
        patient_id=consignment.patient_id,
        conversation_id=consignment.conversation_id,
        message_id=consignment.message_id,
        delivery_id=delivery.id,
        revision=delivery.revision,
        state=delivery.reply_state,
        reason=delivery.reason,
        changed_at=delivery.changed_at,
    )
