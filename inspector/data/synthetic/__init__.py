"""Synthetic defects for methods that learn from them: noise, surfaces, and what is made of good pictures with both."""
