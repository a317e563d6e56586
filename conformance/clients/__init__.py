"""What other libraries' own tests say of `arrayad`, and whether gradients go through their functions."""
