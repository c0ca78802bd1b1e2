"""Click-to-call: from a click on a number to the link that the softphone opens."""
