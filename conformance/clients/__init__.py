"""Other libraries' test suites run on `arrayad`, and gradients through their functions."""
