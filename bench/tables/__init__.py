"""The tables of `make bench`, in the order in which a notification travels."""

from tables import analytics, append, delivery, growth, intake, latency

TABLES = {
    "intake-kafka-postgresql": intake.kafka_postgres,
    "intake-kafka-sqlite": intake.kafka_sqlite,
    "intake-embedded": intake.embedded,
    "append": append.embedded,
    "append-kafka": append.kafka,
    "whole-way": delivery.whole_way,
    "email": delivery.email,
    "sms": delivery.sms,
    "latency": latency.latency,
    "analytics": analytics.analytics,
    "growth": growth.growth,
}
