"""Runners of the official array-api-tests suite and of other libraries' tests."""
