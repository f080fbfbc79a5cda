"""From scores to claims: statistics, evidence, findings, verdicts; no store, no engine."""
