import DequeModule
import NIOCore

/// One direction of one connection: what arrived and was not passed on yet.
final class ProxyStream {
  /// What is held before the sender is no longer read from: more than any test stalls on purpose, and a bound for one
  /// that does it by mistake.
  static let maximumHeldBytes = 1024 * 1024

  let direction: FaultProxy.Direction
  let source: any Channel
  let sink: any Channel
  var held: Deque<(due: NIODeadline, bytes: ByteBuffer)> = []
  var heldBytes = 0
  var isPumpScheduled = false
  /// Set when the connection is about to be cut: what arrives meanwhile is lost.
  var isCut = false
  /// Set when the source has ended; the sink is closed behind the last byte.
  var hasEnded = false

  init(_ direction: FaultProxy.Direction, from source: any Channel, to sink: any Channel) {
    self.direction = direction
    self.source = source
    self.sink = sink
  }

  /// Reads from the source again once there is room.
  func updateReading() {
    let isReading = heldBytes < ProxyStream.maximumHeldBytes
    try? source.syncOptions?.setOption(.autoRead, value: isReading)
  }

  func close() {
    held = []
    heldBytes = 0
    source.close(promise: nil)
    sink.close(promise: nil)
  }
}
