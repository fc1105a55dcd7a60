internal import HTTPTypes
internal import Hummingbird
internal import Idempotency
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Collects a response body up to a limit; beyond it, hands it on as it is written.
///
/// Hummingbird's bodies are written into a writer, by a closure that cannot be paused and resumed elsewhere: whether a
/// body of unknown length can be kept is known only in the middle of that. No library offers this change of sides.
///
/// The closure runs in a job of the service, its reader in the request's task, so neither can hold the other for ever: a
/// write fails when nobody reads any more or the service has drained, and the reader ends when its client leaves or the
/// server has drained.
///
/// Trailers are dropped, because a record has none: a replay could not repeat them. The worker does the same.
final class BodyPipe: Sendable {
  /// What is known about a body once it has ended or passed the limit.
  enum Beginning: Sendable {
    case whole(ByteBuffer)
    case tooLong
    case failed(any Error)
  }

  /// A body is not as long as its answer says.
  enum LengthError: Error {
    case longerThanDeclared
    case shorterThanDeclared
  }

  /// Nobody takes the body any more: its client has left, the server has drained, or another answer was given.
  struct NobodyReads: Error, CustomStringConvertible {
    var description: String { "nobody reads this answer any more" }
  }

  private let limit: Int
  /// How many bytes the answer says that there are; nil where it does not say.
  private let declared: Int?
  private let state: NIOLockedValueBox<State>

  /// Makes a pipe.
  /// - Parameters:
  ///   - limit: How many bytes are kept; nil for a body that is handed on from its first byte.
  ///   - declared: How many bytes there must be: a write that makes more of them fails.
  init(limit: Int?, declared: Int?) {
    self.limit = limit ?? 0
    self.declared = declared
    state = NIOLockedValueBox(State(beginning: limit == nil ? .tooLong : nil))
  }

  /// Lets a body write itself into the pipe.
  func fill(from body: ResponseBody) async {
    do {
      try await body.write(Writer(pipe: self))
      end(.success(()))
    } catch {
      end(.failure(error))
    }
  }

  /// Waits until the body has ended or passed the limit.
  func beginning() async -> Beginning {
    await withCheckedContinuation { continuation in
      let known = state.withLockedValue { state in
        if state.beginning == nil { state.decided = continuation }
        return state.beginning
      }
      if let known { continuation.resume(returning: known) }
    }
  }

  /// The job that fills the pipe; shutdown waits for it only while somebody reads.
  func isFilled(by job: ServiceJob) {
    let isAbandoned = state.withLockedValue { state in
      state.job = job
      return state.isAbandoned
    }
    if isAbandoned { job.leave() }
  }

  /// The body that passed the limit, from its first byte on.
  ///
  /// To drop it unread is to abandon it. Its connection is closed, as for any answer that breaks off, where the body
  /// fails, or is not over when the server has been shutting down for longer than the drain time-out: Hummingbird's own
  /// shutdown would wait for it without end.
  /// - Parameter drainTimeout: How long the server's graceful shutdown is held up for it.
  /// - Returns: The body.
  func responseBody(drainTimeout: Duration) -> ResponseBody {
    let reader = Reader(pipe: self)
    return ResponseBody { writer in
      defer { reader.pipe.abandon() }
      try await Delivery(pipe: reader.pipe, writer: writer).run(drainTimeout: drainTimeout)
    }
  }

  /// Nobody reads the body: every write fails from now on.
  func abandon() {
    let (writer, job) = state.withLockedValue { state in
      state.isAbandoned = true
      state.collected = ByteBuffer()
      return (state.writer.take(), state.job.take())
    }
    job?.leave()
    writer?.resume(throwing: NobodyReads())
  }

  /// The next bytes; nil at the end.
  /// - Throws: What the body's closure has thrown, or `CancellationError`.
  func next() async throws -> ByteBuffer? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (ready, writer) = state.withLockedValue { $0.give(to: continuation) }
        if let ready { continuation.resume(with: ready) }
        writer?.resume()
      }
    } onCancel: {
      let reader = state.withLockedValue { state in
        state.isReaderCancelled = true
        return state.reader.take()
      }
      reader?.resume(throwing: CancellationError())
    }
  }

  private func write(_ bytes: ByteBuffer) async throws {
    let step = state.withLockedValue { $0.take(bytes, limit: limit, declared: declared) }
    switch step {
    case .taken:
      return
    case .handedTo(let reader, let bytes):
      reader.resume(returning: bytes)
    case .waits(let decided):
      decided?.resume(returning: .tooLong)
      try await waitForReader()
    case .refused(let error, let isRepeated, let reader):
      reader?.resume(throwing: error)
      // A closure that ignores the error would keep a core busy: it gets one write done in so much time.
      if isRepeated { await Task { try? await Task.sleep(for: Self.pause) }.value }
      throw error
    }
  }

  /// How long each failing write takes, but the first: ten in a second cost nothing, and nobody waits for them.
  private static let pause = Duration.milliseconds(100)

  private func waitForReader() async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let ready: Result<Void, any Error>? = state.withLockedValue { $0.wait(continuation) }
        if let ready { continuation.resume(with: ready) }
      }
    } onCancel: {
      let writer = state.withLockedValue { state in
        state.isWriterCancelled = true
        return state.writer.take()
      }
      writer?.resume(throwing: CancellationError())
    }
  }

  private func end(_ result: Result<Void, any Error>) {
    let (decided, beginning, reader, result) = state.withLockedValue { state in
      let result = state.end(result, declared: declared)
      return (state.decided.take(), state.beginning, state.reader.take(), result)
    }
    if let decided, let beginning { decided.resume(returning: beginning) }
    reader?.resume(with: result.map { nil })
  }

  private struct Writer: ResponseBodyWriter {
    let pipe: BodyPipe

    mutating func write(_ buffer: ByteBuffer) async throws {
      try await pipe.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }

  /// Held by the body that is delivered: when that goes, nobody will read the rest.
  private final class Reader: Sendable {
    let pipe: BodyPipe

    init(pipe: BodyPipe) {
      self.pipe = pipe
    }

    deinit {
      pipe.abandon()
    }
  }
}

extension BodyPipe {
  /// The state that the closure and the reader share.
  private struct State {
    var collected = ByteBuffer()
    /// How many bytes were written.
    var count = 0
    var beginning: Beginning?
    var decided: CheckedContinuation<Beginning, Never>?
    /// The reader waits for bytes, or the closure for room: never both.
    var reader: CheckedContinuation<ByteBuffer?, any Error>?
    var writer: CheckedContinuation<Void, any Error>?
    var end: Result<Void, any Error>?
    var isAbandoned = false
    var isReaderCancelled = false
    var isWriterCancelled = false
    /// More was written than the answer says.
    var isTooLong = false
    /// A write has failed.
    var hasRefused = false
    var job: ServiceJob?

    init(beginning: Beginning?) {
      self.beginning = beginning
    }

    /// The result of a write.
    enum Step {
      case taken
      case handedTo(CheckedContinuation<ByteBuffer?, any Error>, ByteBuffer)
      /// The closure waits until somebody reads.
      case waits(decided: CheckedContinuation<Beginning, Never>?)
      /// With the reader, where it is to learn of it at once.
      case refused(any Error, isRepeated: Bool, CheckedContinuation<ByteBuffer?, any Error>? = nil)
    }

    /// Takes bytes: they are collected, go to a reader who waits, or stop the closure until one comes.
    mutating func take(_ bytes: ByteBuffer, limit: Int, declared: Int?) -> Step {
      if isAbandoned { return refuse(NobodyReads()) }
      if isWriterCancelled || (beginning != nil && Task.isCancelled) { return refuse(CancellationError()) }
      if isTooLong || count + bytes.readableBytes > declared ?? .max {
        isTooLong = true
        // The client has half an answer, whatever the closure does now.
        if beginning != nil { end = .failure(LengthError.longerThanDeclared) }
        return refuse(LengthError.longerThanDeclared, beginning == nil ? nil : reader.take())
      }
      count += bytes.readableBytes
      collected.writeImmutableBuffer(bytes)
      guard beginning != nil || collected.readableBytes > limit else { return .taken }
      if let reader = reader.take() {
        defer { collected = ByteBuffer() }
        return .handedTo(reader, collected)
      }
      if beginning != nil { return .waits(decided: nil) }
      beginning = .tooLong
      return .waits(decided: decided.take())
    }

    private mutating func refuse(
      _ error: any Error, _ reader: CheckedContinuation<ByteBuffer?, any Error>? = nil
    ) -> Step {
      defer { hasRefused = true }
      return .refused(error, isRepeated: hasRefused, reader)
    }

    /// Lets the closure wait for a reader, unless one has come meanwhile or none will.
    mutating func wait(_ continuation: CheckedContinuation<Void, any Error>) -> Result<Void, any Error>? {
      if isAbandoned { return .failure(NobodyReads()) }
      if isWriterCancelled { return .failure(CancellationError()) }
      if reader != nil || collected.readableBytes == 0 { return .success(()) }
      writer = continuation
      return nil
    }

    /// Gives what there is, or lets the reader wait for it.
    ///
    /// In both cases the closure that writes the body goes on.
    mutating func give(
      to continuation: CheckedContinuation<ByteBuffer?, any Error>
    ) -> (ready: Result<ByteBuffer?, any Error>?, writer: CheckedContinuation<Void, any Error>?) {
      if isReaderCancelled { return (.failure(CancellationError()), nil) }
      if collected.readableBytes > 0 {
        defer { collected = ByteBuffer() }
        return (.success(collected), writer.take())
      }
      if let end { return (end.map { nil }, writer.take()) }
      reader = continuation
      return (nil, writer.take())
    }

    /// The closure has ended: what that means.
    mutating func end(_ result: Result<Void, any Error>, declared: Int?) -> Result<Void, any Error> {
      var result = result
      if isTooLong {
        result = .failure(LengthError.longerThanDeclared)
      } else if case .success = result, let declared, count < declared {
        result = .failure(LengthError.shorterThanDeclared)
      }
      end = result
      if beginning == nil {
        switch result {
        case .success: beginning = .whole(collected)
        case .failure(let error): beginning = .failed(error)
        }
      }
      return result
    }
  }
}
