"""Reads files of contacts (CSV, XLSX, vCard) into rows that the directory can save; pure."""
