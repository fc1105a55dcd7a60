internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// The delivery of a body that was not kept, from its pipe to its client.
///
/// `@unchecked Sendable`: Hummingbird's writer is not `Sendable`. It is used by the one child task that delivers, while
/// the task that it came from waits for that child and does not touch it.
struct Delivery: @unchecked Sendable {
  private let pipe: BodyPipe
  private let writer: any ResponseBodyWriter

  init(pipe: BodyPipe, writer: any ResponseBodyWriter) {
    self.pipe = pipe
    self.writer = writer
  }

  /// The server shuts down, and this answer was not over in time.
  private struct NotInTime: Error {}

  /// Delivers, until the body ends, the client leaves, or the server has drained.
  /// - Throws: The error that ended it before the body's end; the client then has half an answer.
  func run(drainTimeout: Duration) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.deliver() }
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: drainTimeout)
        throw NotInTime()
      }
      // The one that is done first decides: it throws, or the body is delivered.
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func deliver() async throws {
    var writer = writer
    while let bytes = try await pipe.next() { try await writer.write(bytes) }
    try await writer.finish(nil)
  }
}
