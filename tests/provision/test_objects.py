"""Who may do what with objects."""

from provision.objects import expiries, policy


def resources(user: str, action: str) -> set[str]:
    return {
        resource.removeprefix("arn:aws:s3:::")
        for statement in policy(user)["Statement"]
        if action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_a_service_writes_in_its_own_bucket_only() -> None:
    assert resources("documents", "s3:PutObject") == {"documents/*"}


def test_a_service_reads_of_another_only_what_was_handed_over_to_it() -> None:
    assert resources("documents", "s3:GetObject") == {"documents/*", "messaging/handover/documents/*"}
    assert resources("messaging", "s3:GetObject") == {
        "messaging/*",
        "documents/handover/messaging/*",
        "synthesis/handover/messaging/*",
    }
    assert resources("synthesis", "s3:GetObject") == {"synthesis/*"}


def test_no_service_may_change_what_its_bucket_forgets() -> None:
    actions = {action for statement in policy("messaging")["Statement"] for action in statement["Action"]}
    assert not [action for action in actions if "*" in action or "Lifecycle" in action or "Policy" in action]


def test_letters_taken_at_the_door_outlive_intake_and_its_dead_letters() -> None:
    kept = {rule.rule_id: rule.expiration.days for rule in expiries("messaging")}
    assert kept == {"handover": 65, "temporary": 1, "incoming": 90}
    assert {rule.rule_id for rule in expiries("documents")} == {"handover", "temporary"}
