"""One file a kind of widget; all of them paint whole rows."""
