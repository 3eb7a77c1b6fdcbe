"""Files as a stream: a source of new files, and a sink whose files count once they are in its log."""
