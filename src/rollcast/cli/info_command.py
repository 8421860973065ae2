"""``rollcast info``: what this installation runs on."""

from __future__ import annotations

from dataclasses import asdict

import typer

from rollcast.cli.arguments import JsonOption
from rollcast.cli.console import console_of


def info(context: typer.Context, json: JsonOption = False) -> None:
    """Show versions, the devices that JAX sees, and which kernels run recurrent layers, and why."""
    from rollcast.networks.kernels import status
    from rollcast.runtime.backend import start_jax
    from rollcast.runtime.versions import versions

    console = console_of(context)
    found, kernels = versions(), status()
    devices = [
        {"platform": device.platform, "id": device.id, "kind": device.device_kind}
        for device in start_jax().devices()
    ]
    shown = ", ".join("{platform} {id} ({kind})".format(**device) for device in devices)
    for label, text in {**found, "devices": shown, "kernels": kernels.reason}.items():
        console.say(f"{label:<10} {text}")
    console.document(
        {"command": "info", "versions": found, "devices": devices, "kernels": asdict(kernels)}
    )
