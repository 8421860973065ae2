"""Pictures of series, of training and of forecasts.

Each function gives a matplotlib figure that no window and no global state holds: show it in a
notebook, or write it with ``save_figure``. Lines differ in style and marker too, so that they can
be told apart in grey.
"""

from rollcast.plots.forecast import plot_forecast
from rollcast.plots.learning_curves import plot_history
from rollcast.plots.saving import check_figure_path, save_figure
from rollcast.plots.series import plot_series

__all__ = ["check_figure_path", "plot_forecast", "plot_history", "plot_series", "save_figure"]
