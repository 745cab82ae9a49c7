"""Learning as a generator of events: goodness, local losses, layers, network and prediction, one
file per rule.

    for event in train(experiment):
        ...

Shapes in names: B images of a batch, N images of a split, D inputs, H units, C labels (classes), L
layers.
"""
