import IdempotencyTesting
import NIOCore
import Synchronization
@testable import Harness

/// Cuts the first connection in the middle of putting back.
final class PutBackCutter: Sendable {
  /// How a put-back begins on the wire: of all scripts it alone has a key and two arguments.
  private static let beginnings = ["*6\r\n$7\r\nEVALSHA\r\n", "*6\r\n$4\r\nEVAL\r\n"].map { Array($0.utf8) }

  private struct State {
    var seen = 0
    var hasCut = false
  }

  private let state = Mutex(State())
  private let count: Int
  private let then: @Sendable () -> Void

  private init(after count: Int, then: @escaping @Sendable () -> Void) {
    self.count = count
    self.then = then
  }

  /// Whether a connection was cut.
  var hasCut: Bool { state.withLock { $0.hasCut } }

  /// Cuts a connection behind so many put-backs, and at once does something else.
  static func cuts(
    _ proxy: FaultProxy, after count: Int, then: @escaping @Sendable () -> Void = {}
  ) async -> PutBackCutter {
    let cutter = PutBackCutter(after: count, then: then)
    await proxy.onBytes(.clientToServer) { cutter.arrived($0) }
    return cutter
  }

  private func arrived(_ bytes: ByteBuffer) -> FaultProxy.Verdict {
    state.withLock { state in
      guard !state.hasCut else { return .forward }
      let view = bytes.readableBytesView
      var index = view.startIndex
      while let start = view[index...].firstIndex(of: UInt8(ascii: "*")) {
        index = start + 1
        guard Self.beginnings.contains(where: { view[start...].starts(with: $0) }) else { continue }
        state.seen += 1
        guard state.seen > count else { continue }
        state.hasCut = true
        then()
        return .forwardFirstAndCut(start - view.startIndex)
      }
      return .forward
    }
  }
}
