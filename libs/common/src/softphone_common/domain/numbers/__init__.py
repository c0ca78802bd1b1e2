"""Phone numbers: normalised from what phones and people write, and spelt for a softphone."""
