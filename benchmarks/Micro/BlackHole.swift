/// Takes a value as if somebody needed it, so that the optimizer does not leave out what made it.
///
/// The attribute, not an empty body alone, is what keeps the optimizer from seeing that nothing happens here. By hand:
/// package-benchmark has the same function, in a package whose plugin and allocator this suite does not need.
@inline(never)
@_optimize(none)
func blackHole<Value>(_ value: Value) {}
