"""The gateway: any OpenAI-compatible model under its filing. Personal information, labels, records, drift."""

from openbeian.gateway.app import create_app, run
from openbeian.gateway.config import GatewayConfig
from openbeian.gateway.drift import Drift, Running, check_drift

__all__ = ["Drift", "GatewayConfig", "Running", "check_drift", "create_app", "run"]
