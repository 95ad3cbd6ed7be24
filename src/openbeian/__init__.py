"""OpenBeian 备案通: the open platform for filing generative-AI services in mainland China."""

__version__ = "0.1.0"
