"""The border: tables of people in, panels inside, tables out.

Column names, file formats, kinds of frames and of timestamps are known here and nowhere else. What
is wrong with a table is refused here, in one sentence that names column, series and row.
"""

from rollcast.frames.arrivals import read_arrivals
from rollcast.frames.back import forecast_frame
from rollcast.frames.layout import Layout, Notes
from rollcast.frames.panel import to_panel
from rollcast.frames.reading import read_table

__all__ = ["Layout", "Notes", "forecast_frame", "read_arrivals", "read_table", "to_panel"]
