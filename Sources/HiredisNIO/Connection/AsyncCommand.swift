import NIOConcurrencyHelpers
import NIOCore

/// A command of a suspended task on its way through a connection.
///
/// Sendable without the compiler's proof: the variables are touched on the connection's event loop only, but the result,
/// which has a lock.
final class AsyncCommand: @unchecked Sendable {
  private let connection: RedisConnection
  private let deadline: NIODeadline
  private let encode: @Sendable (inout RESPCommandWriter) -> Void
  private let fallback: (@Sendable (inout RESPCommandWriter) -> Void)?
  private var id: UInt64 = 0
  private var isCancelled = false
  /// Under a lock, though a continuation alone would order it: the thread sanitizer does not see into that one, and
  /// would report every reply's bytes.
  private let result = NIOLockedValueBox<Result<RESPValue, RedisError>?>(nil)

  init(
    _ connection: RedisConnection, deadline: NIODeadline,
    encode: @escaping @Sendable (inout RESPCommandWriter) -> Void,
    fallback: (@Sendable (inout RESPCommandWriter) -> Void)? = nil
  ) {
    self.connection = connection
    self.deadline = deadline
    self.encode = encode
    self.fallback = fallback
  }

  /// Sends the command and suspends until its reply, its deadline or the task's cancellation.
  func run() async throws(RedisError) -> RESPValue {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        onLoop { self.submit(continuation) }
      }
    } onCancel: {
      connection.mailbox.post { self.cancel() }
    }
    guard let result = result.withLockedValue({ $0 }) else { preconditionFailure("resumed without a result") }
    return try result.get()
  }

  private func onLoop(_ work: @escaping @Sendable () -> Void) {
    if connection.eventLoop.inEventLoop { work() } else { connection.mailbox.post(work) }
  }

  private func submit(_ continuation: UnsafeContinuation<Void, Never>) {
    if isCancelled {
      let error = RedisError(.neverSent, .cancelled, message: "the task was cancelled before the command was sent")
      return finish(.failure(error), continuation)
    }
    id = connection.submit(deadline: deadline, encode: encode, fallback: fallback) { self.finish($0, continuation) }
  }

  private func finish(_ result: Result<RESPValue, RedisError>, _ continuation: UnsafeContinuation<Void, Never>) {
    self.result.withLockedValue { $0 = result }
    continuation.resume()
  }

  private func cancel() {
    isCancelled = true
    if id != 0 { connection.abandon(id, code: .cancelled) }
  }
}
