"""Reads CSV and XLSX into tables of texts with named columns."""
