"""The screens: they collect and show, and end with a typed value. What is known and done lies below them."""
