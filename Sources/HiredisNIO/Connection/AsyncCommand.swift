import NIOCore

/// A command of a suspended task on its way through a connection.
///
/// Sendable without the compiler's proof: the variables are touched on the connection's event loop only.
final class AsyncCommand: @unchecked Sendable {
  private let connection: RedisConnection
  private let deadline: NIODeadline
  private let encode: @Sendable (inout RESPCommandWriter) -> Void
  private let fallback: (@Sendable (inout RESPCommandWriter) -> Void)?
  private var id: UInt64 = 0
  private var isCancelled = false

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
    try await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<RESPValue, RedisError>, Never>) in
        onLoop { self.submit(continuation) }
      }
    } onCancel: {
      connection.mailbox.post { self.cancel() }
    }.get()
  }

  private func onLoop(_ work: @escaping @Sendable () -> Void) {
    if connection.eventLoop.inEventLoop { work() } else { connection.mailbox.post(work) }
  }

  private func submit(_ continuation: UnsafeContinuation<Result<RESPValue, RedisError>, Never>) {
    if isCancelled {
      let error = RedisError(.neverSent, .cancelled, message: "the task was cancelled before the command was sent")
      return continuation.resume(returning: .failure(error))
    }
    id = connection.submit(deadline: deadline, encode: encode, fallback: fallback) { result in
      continuation.resume(returning: result)
    }
  }

  private func cancel() {
    isCancelled = true
    if id != 0 { connection.abandon(id, code: .cancelled) }
  }
}
