"""The widgets of the screens, which paint whole rows, and the drawing functions they use."""
