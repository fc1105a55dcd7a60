/// A caller's place among counts that are kept for each caller (rule W9).
///
/// There are so many places that few callers share one, and no more, however many callers there are.
package struct CallerPlace: Sendable, Hashable {
  /// How many places there are.
  package static var count: Int { 1_024 }

  /// From 0, less than ``count``.
  package let index: Int

  /// Makes a caller's place; nil where nobody can tell who is calling, or the policy does not ask.
  package init?(_ caller: Caller) {
    guard case .known(let principal) = caller, !principal.fields.isEmpty else { return nil }
    // Seeded for each process: nobody can choose a name that shares another's place.
    var hasher = Hasher()
    hasher.combine(principal)
    index = Int(UInt(bitPattern: hasher.finalize()) % UInt(Self.count))
  }
}
