"""Makes one record of two, which keeps following the sources of both."""
