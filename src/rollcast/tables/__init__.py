"""The border: tables of people in, panels inside, tables out.

Column names, file formats, kinds of frames and of timestamps are known here and nowhere else. What
is wrong with a table is refused here, in one sentence that names column, series and row.
"""

from rollcast.tables.files.files import read_table
from rollcast.tables.forecast_frame import forecast_frame
from rollcast.tables.new_rows import read_arrivals
from rollcast.tables.schema import Notes, Schema
from rollcast.tables.to_panel import to_panel

__all__ = ["Notes", "Schema", "forecast_frame", "read_arrivals", "read_table", "to_panel"]
