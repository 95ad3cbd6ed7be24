"""The reference models behind the OpenAI-compatible HTTP interface, so that gateway and assessment speak to them as to any model."""

from openbeian.serving.app import create_app, serve

__all__ = ["create_app", "serve"]
