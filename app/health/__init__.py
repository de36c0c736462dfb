"""Whether everything runs: heartbeats, /healthz, the doctor, the admin's health page."""
