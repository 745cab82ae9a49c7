"""Images and labels as tensors: the sets, splits, normalisation, label encodings and negatives."""
