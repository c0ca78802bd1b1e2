"""Phone numbers: normalised from texts of phones and people, and formatted for dialling."""
