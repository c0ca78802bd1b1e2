"""Who may use the API: tokens that were revoked, tenants that are off, keys of applications."""
