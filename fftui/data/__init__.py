"""Images and labels as tensors: data sets, splits, normalisation, label encodings and negatives."""
