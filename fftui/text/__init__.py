"""Words for terminals without a screen: streams, number formats, columns and progress lines."""
