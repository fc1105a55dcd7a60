internal import NIOConcurrencyHelpers
internal import NIOCore

/// What the caller's own operation returned or threw, on its way from the service's task to the caller's.
final class OwnResult: Sendable {
  private let box = NIOLockedValueBox<Result<ByteBuffer, any Error>?>(nil)

  var value: Result<ByteBuffer, any Error>? { box.withLockedValue { $0 } }

  func set(_ result: Result<ByteBuffer, any Error>) {
    box.withLockedValue { $0 = result }
  }
}
