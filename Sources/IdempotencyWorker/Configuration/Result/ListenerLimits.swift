import Idempotency

/// What the public listener takes at most.
struct ListenerLimits: Sendable, Hashable {
  /// The size of a request's head, in bytes.
  ///
  /// 32 KiB by default: four times what most servers behind a proxy accept, large cookies included.
  var headerBytes = 32 * 1024
  /// How many connections are open at once.
  ///
  /// 10,000 by default: within the file descriptors that service managers usually grant.
  var connections = 10_000

  /// How many bytes of guarded requests and their answers this worker holds before it takes no more.
  var heldBytes = HeldBytes.defaultLimit

  /// 1 KiB: the least that a browser's head fits into; 1 MiB: every connection may hold as much in memory.
  static let headerBytesRange = 1_024...1 << 20
  /// A million: as many descriptors as Linux gives one process unless it is told otherwise (fs.nr_open).
  static let connectionsRange = 1...1_000_000
  /// 1 MiB: the default size of one body; 64 GiB: far above what one process should hold of its machine's memory.
  static let heldBytesRange = 1 << 20...64 << 30
}
