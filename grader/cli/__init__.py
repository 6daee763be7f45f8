"""The command line: an edge, which reads arguments and turns failures into exit codes."""
