"""``rollcast info``: what this installation runs on, and which weights it carries."""

from __future__ import annotations

from dataclasses import asdict

import typer

from rollcast.cli.arguments import JsonOption
from rollcast.cli.console import console_of


def info(context: typer.Context, json: JsonOption = False) -> None:
    """Show versions, devices, which kernels run recurrent layers and why, and the pretrained weights."""
    from rollcast.networks.kernels import status
    from rollcast.networks.pretrained_weights import pretrained_card
    from rollcast.runtime.backend import start_jax
    from rollcast.runtime.versions import versions

    console = console_of(context)
    found, kernels = versions(), status()
    devices = [
        {"platform": device.platform, "id": device.id, "kind": device.device_kind}
        for device in start_jax().devices()
    ]
    shown = ", ".join("{platform} {id} ({kind})".format(**device) for device in devices)
    card = pretrained_card()
    updates = card["made"]["updates"]
    pretrained = {"version": card["version"], "sha256": card["sha256"], "updates": updates}
    weights = f"{card['version']}, {updates:,} updates, sha256 {card['sha256'][:12]}"
    lines = {"devices": shown, "kernels": kernels.reason, "pretrained": weights}
    for label, text in {**found, **lines}.items():
        console.say(f"{label:<10} {text}")
    console.document(
        {
            "command": "info",
            "versions": found,
            "devices": devices,
            "kernels": asdict(kernels),
            "pretrained": pretrained,
        }
    )
