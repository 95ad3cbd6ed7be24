"""Where a run takes place: device, threads, precision, and whether other processes train along."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from openbeian.manifest import Fault
from openbeian.studio.networks.latent import Noise
from openbeian.studio.recipes import Machine

N = TypeVar("N", bound=nn.Module)
KEPT = {-1: 1 << 28, -2: 1 << 26, -3: 1 << 25}
"""Settings of glibc's allocator by their numbers in malloc.h, in bytes: when free memory goes back, how much is asked for at once, and from what size
a piece is mapped by itself (32 MiB is the most it takes)."""


@dataclass(frozen=True)
class Hardware:
    """A device, the precision of passes, and this process's place among all."""

    device: torch.device
    is_half: bool = False
    rank: int = 0
    count: int = 1

    def place(self, tensor: Tensor) -> Tensor:
        """Put data where the networks are."""
        return tensor.to(self.device)

    def place_network(self, network: N) -> N:
        """Put a network on the device. On several CUDA devices batch normalisation counts all of them together."""
        if self.count > 1 and self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        for tensor in network.parameters():
            if tensor.dim() == 4:  # channels last: the small convolutions here cost a fifth less so
                tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)
        return network.to(self.device)

    def share(self, drawn: Tensor) -> Tensor:
        """Return this process's rows of what all processes drew alike."""
        rows = drawn.chunk(self.count)[self.rank] if self.count > 1 else drawn
        return rows.to(self.device)

    def noise_of(self, random: torch.Generator) -> Noise:
        """Return a source of noise of which each process gets its rows."""

        def noise(tensor: Tensor) -> Tensor:
            drawn = torch.randn((len(tensor) * self.count, *tensor.shape[1:]), generator=random)
            return self.share(drawn)

        return noise

    def precision(self) -> AbstractContextManager[object]:
        """Return the context in which networks compute."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.is_half else nullcontext()

    def average_gradients(self, network: nn.Module) -> None:
        """Take the mean of all processes' gradients, so that the step is that of one process with the whole batch."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        for gradient, mean in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def wait(self) -> None:
        """Wait until every process has come here."""
        if self.count > 1:
            distributed.barrier()

    def total(self, value: float) -> float:
        """Return the sum of every process's value, the same in each."""
        if self.count == 1:
            return value
        together = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.all_reduce(together)
        return float(together)

    def mean(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return losses as all processes together have them."""
        if self.count == 1:
            return losses
        together = torch.stack(list(losses.values()))
        distributed.all_reduce(together)
        return dict(zip(losses, together / self.count, strict=True))


@contextmanager
def hardware(machine: Machine) -> Iterator[Hardware]:
    """Open what a recipe asks for; threads are set back afterwards. Under `torchrun` the processes find each other.

    Raises:
        Fault: `no-cuda` when CUDA is asked for and not there.
    """
    has_cuda = torch.cuda.is_available()
    if machine.device == "cuda" and not has_cuda:
        raise Fault("no-cuda", "这台机器没有可用的 CUDA 显卡", "把 machine.device 改为 auto 或 cpu")
    kind = "cuda" if has_cuda and machine.device != "cpu" else "cpu"
    threads = torch.get_num_threads()
    torch.set_num_threads(machine.threads or (1 if "CI" in os.environ else os.cpu_count() or 1))
    _keep_memory()
    is_flushed = _is_flushing()
    torch.set_flush_denormal(True)  # numbers near nothing cost a hundred times a normal one
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count > 1:
        distributed.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        rank = distributed.get_rank() if count > 1 else 0
        device = torch.device(kind, int(os.environ.get("LOCAL_RANK", "0"))) if kind == "cuda" else torch.device("cpu")
        yield Hardware(device, machine.precision == "bfloat16", rank, count)
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(is_flushed)
        if count > 1:
            distributed.destroy_process_group()


def _keep_memory() -> None:
    """Let the allocator keep what a step gives back: asking the system for it again at each step costs a seventh of the time.

    A setting of glibc (mallopt(3)); elsewhere nothing is done. It stays set for the process.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    for option, size in KEPT.items():
        mallopt(option, size)


def _is_flushing() -> bool:
    """Tell whether the smallest numbers are taken for 0 now: there is no call that says so."""
    return float(torch.tensor([1e-310], dtype=torch.float64) * 1) == 0
