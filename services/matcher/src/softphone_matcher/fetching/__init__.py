"""Sources and their runs: begun by schedule or by hand, read page by page, then imported."""
