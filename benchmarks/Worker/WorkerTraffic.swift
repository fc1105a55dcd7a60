import NIOCore

/// The requests of one mode.
final class WorkerTraffic: Traffic {
  /// How many keys are asked for again and again.
  static let keys = 64
  /// Where operations do not end before they are told to.
  static let heldPath = "/wallets/held/transfers"

  private let mode: WorkerMode
  private let request: TransferRequest
  private let limit: Int
  private var count = 0

  /// Makes requests.
  ///
  /// - Parameters:
  ///   - mode: What is asked.
  ///   - run: Which keys; those are replayed that were executed under the same number.
  ///   - limit: How many requests at most.
  init(_ mode: WorkerMode, run: UInt32, limit: Int = .max) {
    self.mode = mode
    self.limit = limit
    request = TransferRequest(
      path: mode == .inProgress ? Self.heldPath : TransferRequest.path,
      body: mode == .mismatch ? TransferRequest.otherBody : TransferRequest.body, keys: run)
  }

  func next(into buffer: inout ByteBuffer) -> Bool {
    guard count < limit else { return false }
    switch mode {
    case .unguarded: request.write(into: &buffer)
    case .executed: request.write(key: count, into: &buffer)
    case .replayed, .inProgress, .mismatch: request.write(key: count % Self.keys, into: &buffer)
    }
    count += 1
    return true
  }
}
