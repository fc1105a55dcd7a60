import NIOCore

/// What a proxy does to one direction, and what it has seen of it.
struct ProxyDirection {
  var isStalled = false
  var isDropping = false
  var delay = TimeAmount.zero
  /// How many bytes pass before the cut; nil for no cut.
  var remaining: Int?
  var hook: ((ByteBuffer) -> FaultProxy.Verdict)?
  var seen = 0
  var passed = 0
}
