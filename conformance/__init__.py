"""Running the official array-api-tests suite."""
