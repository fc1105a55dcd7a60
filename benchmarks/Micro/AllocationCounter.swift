import CAllocationCounter

/// How often a piece of work asks for memory.
///
/// By hand: what package-benchmark has needs jemalloc, a second allocator beside the one that users have.
enum AllocationCounter {
  /// Does some work on this thread.
  ///
  /// - Returns: How often it asked for memory, each reallocation counted as one; nil where nobody counts (on macOS, and
  ///   under a sanitizer).
  static func count(_ work: () throws -> Void) rethrows -> UInt64? {
    CAllocationCounter_begin()
    defer { _ = CAllocationCounter_end() }
    try work()
    return CAllocationCounter_isAvailable() ? CAllocationCounter_end() : nil
  }
}
