"""What crosses a wire, as frozen pydantic models; knows no transport and no store."""
