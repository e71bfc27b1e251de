import Testing

@Suite struct ConstraintsTests {}
