"""Prometheus metrics of a worker, in a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from dialogs.nlu.failover import ParseTried

GAP_BUCKETS = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 3.0, 5.0)


class Metrics:
    """Everything that a worker counts. Labels hold names from the code and the flows, never personal data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.calls = Counter("yulia_calls", "Calls ended, by outcome.", ["outcome"], registry=self.registry)
        self.calls_active = Gauge("yulia_calls_active", "Calls being served.", registry=self.registry)
        self.call_seconds = Histogram(
            "yulia_call_seconds", "Length of calls.", buckets=(5, 15, 30, 60, 120, 300, 900), registry=self.registry
        )
        self.turns = Counter("yulia_turns", "Answers of callers, by kind.", ["kind"], registry=self.registry)
        self.response_gap_seconds = Histogram(
            "yulia_response_gap_seconds",
            "From the end of the caller's speech or keys to the first sound of the answer, as the worker sees it.",
            ["kind"],
            buckets=GAP_BUCKETS,
            registry=self.registry,
        )
        self.engine_step_seconds = Histogram(
            "yulia_engine_step_seconds",
            "One engine step.",
            buckets=(0.0001, 0.0003, 0.001, 0.003, 0.01),
            registry=self.registry,
        )
        self.actions = Counter(
            "yulia_actions", "Actions of the dialogue, by result.", ["action", "result"], registry=self.registry
        )
        self.understanding_seconds = Histogram(
            "yulia_understanding_seconds",
            "Free phrases given to an engine of understanding, by result; stood_in: it was not the preferred one.",
            ["engine", "result", "stood_in"],
            buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
            registry=self.registry,
        )
        self.errors = Counter("yulia_errors", "Faults, by kind.", ["kind"], registry=self.registry)
        self.handoffs = Counter("yulia_handoffs", "Calls given to agents.", ["queue", "reason"], registry=self.registry)
        self.clock_late_seconds = Histogram(
            "yulia_audio_clock_late_seconds",
            "How late the 20 ms clock ticked.",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.06, 0.2),
            registry=self.registry,
        )
        self.audio_dropped = Gauge(
            "yulia_audio_frames_dropped", "Audio frames dropped since the start.", ["direction"], registry=self.registry
        )
        self.speech_sentences = Gauge(
            "yulia_speech_sentences", "Sentences since the start, by source.", ["source"], registry=self.registry
        )
        self.call_records_waiting = Gauge(
            "yulia_call_records_waiting", "Record writes spooled until the database is back.", registry=self.registry
        )
        self.dialogue = Gauge(
            "yulia_dialogue",
            "1 for each dialogue that takes new calls: active, or canary for a share of them.",
            ["bundle", "role"],
            registry=self.registry,
        )
        self.operations = Counter(
            "yulia_operations", "Changes settled by the loyalty system.", ["kind", "state"], registry=self.registry
        )
        self.operations_waiting = Gauge(
            "yulia_operations_waiting", "Accepted changes that are not settled yet.", registry=self.registry
        )
        self.operations_oldest_seconds = Gauge(
            "yulia_operations_oldest_seconds", "Age of the oldest change that is not settled.", registry=self.registry
        )
        self.operations_to_call_back = Gauge(
            "yulia_operations_to_call_back",
            "Changes refused after the caller was told that they are accepted.",
            registry=self.registry,
        )
        self.parts_up = Gauge("yulia_part_up", "1 when a part of the line works.", ["part"], registry=self.registry)

    def understanding_tried(self, tried: ParseTried) -> None:
        """Count one try of an engine of understanding."""
        labels = (tried.engine, tried.error or "ok", str(tried.stood_in).lower())
        self.understanding_seconds.labels(*labels).observe(tried.seconds)
