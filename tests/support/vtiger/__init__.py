"""A vtiger CRM on this machine, whose web service answers as that of vtiger 7 and 8 does."""
