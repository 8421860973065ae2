"""StartKind: what a fit made of the pretrained network."""

from __future__ import annotations

from enum import StrEnum


class StartKind(StrEnum):
    """Which weights a fit took that started from the pretrained network; each value is what files hold."""

    ZERO_SHOT = "zero-shot"
    """Those of the network as it is."""

    HALF_WAY = "half-way"
    """The mean of those and the fine-tuned ones."""

    FINE_TUNED = "fine-tuned"

    @property
    def described(self) -> str:
        """What the network is then, in a few words."""
        match self:
            case StartKind.ZERO_SHOT:
                return "the pretrained network as it is"
            case StartKind.HALF_WAY:
                return "the pretrained network, fine-tuned half-way"
            case StartKind.FINE_TUNED:
                return "the pretrained network, fine-tuned"
