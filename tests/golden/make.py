"""Write the golden file of a new version of the format, once; older ones stay as they are.

Run from the repository's root: ``python tests/golden/make.py v1-lstm``.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import rollcast as rc


def main(name: str) -> None:
    """Fit a tiny model, save it, and write beside it what it forecasts."""
    here = Path(__file__).parent
    if (here / f"{name}.rollcast").exists():
        raise SystemExit(f"{name} is there already; golden files stay as they are.")
    days = pd.date_range("2024-01-01", periods=66, freq="D")
    values = 20 + 3 * np.sin(np.arange(66) * 2 * np.pi / 7) + np.cos(np.arange(66) ** 2)
    data = pd.DataFrame({"ds": days, "y": values.round(3)})
    model = rc.Forecaster(
        hidden_size=4, h=7, input_size=14, batch_size=4, max_epochs=20, anchor="last", log=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rc.RollcastWarning)
        history = model.fit(data.iloc[:60], progress="quiet", unit="units")
    model.save(here / f"{name}.rollcast")
    forecast, new = model.predict(h=10), data.iloc[60:]
    expected = {
        "ds": [t.isoformat() for t in forecast["ds"]],
        "forecast": forecast[model.name].tolist(),
        "new rows": {"ds": [t.isoformat() for t in new["ds"]], "y": new["y"].tolist()},
        "forecast after new rows": model.predict(new, h=3)[model.name].tolist(),
        "verdict": history.verdict,
        "digest": model.fitted.card.digest,
    }
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (here / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
