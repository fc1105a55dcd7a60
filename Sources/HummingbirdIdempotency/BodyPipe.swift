internal import HTTPTypes
internal import Hummingbird
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Collects a response body up to a limit; beyond it, hands it on as it is written.
///
/// Hummingbird's bodies are written into a writer, by a closure that cannot be paused and resumed elsewhere: whether a
/// body of unknown length can be kept is known only in the middle of that. No library offers this change of sides.
final class BodyPipe: Sendable {
  /// What is known about a body once it has ended or passed the limit.
  enum Beginning: Sendable {
    case whole(ByteBuffer)
    case tooLong
    case failed
  }

  private struct State {
    var collected = ByteBuffer()
    var beginning: Beginning?
    var decided: CheckedContinuation<Beginning, Never>?
    /// The reader waits for bytes, or the writer for room: never both.
    var reader: CheckedContinuation<ByteBuffer?, any Error>?
    var writer: CheckedContinuation<Void, Never>?
    var end: Result<Void, any Error>?
    var isAbandoned = false

    /// Who goes on after bytes were written.
    struct Step {
      var decided: CheckedContinuation<Beginning, Never>?
      var reader: CheckedContinuation<ByteBuffer?, any Error>?
      var bytes: ByteBuffer?
      /// The writer; otherwise it waits for the reader.
      var goesOn = true
    }

    /// Takes bytes: they wait, go to a reader who waits, or stop the writer until one comes.
    mutating func take(_ bytes: ByteBuffer, limit: Int, from continuation: CheckedContinuation<Void, Never>) -> Step {
      var step = Step()
      if isAbandoned { return step }
      collected.writeImmutableBuffer(bytes)
      guard beginning != nil || collected.readableBytes > limit else { return step }
      if beginning == nil {
        beginning = .tooLong
        step.decided = decided.take()
      }
      if let waiting = reader.take() {
        step.reader = waiting
        step.bytes = collected
        collected = ByteBuffer()
      } else {
        writer = continuation
        step.goesOn = false
      }
      return step
    }

    /// Gives what there is, or lets the reader wait for it.
    ///
    /// The writer goes on in any case.
    mutating func give(
      to continuation: CheckedContinuation<ByteBuffer?, any Error>
    ) -> (ready: Result<ByteBuffer?, any Error>?, writer: CheckedContinuation<Void, Never>?) {
      if collected.readableBytes > 0 {
        defer { collected = ByteBuffer() }
        return (.success(collected), writer.take())
      }
      if let end { return (end.map { nil }, writer.take()) }
      reader = continuation
      return (nil, writer.take())
    }
  }

  /// A body wrote more than the length that it declares, and more than may be kept.
  struct LongerThanDeclared: Error {}

  private let limit: Int
  private let isLengthDeclared: Bool
  private let state = NIOLockedValueBox(State())

  /// Makes a pipe.
  /// - Parameters:
  ///   - limit: How many bytes are kept.
  ///   - isLengthDeclared: The body says that it fits: one that does not is broken off, for nobody reads meanwhile.
  init(limit: Int, isLengthDeclared: Bool) {
    self.limit = limit
    self.isLengthDeclared = isLengthDeclared
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

  /// The body that passed the limit, from its first byte on.
  ///
  /// Whoever drops it unread lets the writer go.
  var responseBody: ResponseBody {
    let reader = Reader(pipe: self)
    return ResponseBody { writer in
      while let bytes = try await reader.pipe.next() { try await writer.write(bytes) }
      try await writer.finish(nil)
    }
  }

  fileprivate func write(_ bytes: ByteBuffer) async throws {
    if isLengthDeclared {
      let fits = state.withLockedValue { state in
        state.collected.writeImmutableBuffer(bytes)
        return state.collected.readableBytes <= limit
      }
      guard fits else { throw LongerThanDeclared() }
      return
    }
    await withCheckedContinuation { continuation in
      let step = state.withLockedValue { $0.take(bytes, limit: limit, from: continuation) }
      step.decided?.resume(returning: .tooLong)
      step.reader?.resume(returning: step.bytes)
      if step.goesOn { continuation.resume() }
    }
  }

  private func end(_ result: Result<Void, any Error>) {
    let (decided, beginning, reader) = state.withLockedValue { state in
      state.end = result
      if state.beginning == nil {
        if case .success = result { state.beginning = .whole(state.collected) } else { state.beginning = .failed }
      }
      defer {
        state.decided = nil
        state.reader = nil
      }
      return (state.decided, state.beginning, state.reader)
    }
    if let decided, let beginning { decided.resume(returning: beginning) }
    reader?.resume(with: result.map { nil })
  }

  fileprivate func next() async throws -> ByteBuffer? {
    try await withCheckedThrowingContinuation { continuation in
      let (ready, writer) = state.withLockedValue { $0.give(to: continuation) }
      if let ready { continuation.resume(with: ready) }
      writer?.resume()
    }
  }

  fileprivate func abandon() {
    let writer = state.withLockedValue { state in
      state.isAbandoned = true
      state.collected = ByteBuffer()
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume()
  }

  private struct Writer: ResponseBodyWriter {
    let pipe: BodyPipe

    mutating func write(_ buffer: ByteBuffer) async throws {
      try await pipe.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }

  /// Stands for whoever reads the rest: when it goes, nobody will.
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
